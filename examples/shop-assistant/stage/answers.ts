/** What the emulated models say, by words in the question. The first match counts. */
export const ANSWERS: readonly (readonly [question: RegExp, answer: string])[] = [
  [/zurück|umtausch/i, 'Sie können alles 30 Tage lang zurückgeben. Bringen Sie es einfach mit dem Beleg in den Laden.'],
  [/liefer|versand/i, 'Wir liefern in zwei bis drei Werktagen. Ab 50 € ist der Versand frei.'],
  [/retour|rembours/i, 'Vous avez 30 jours pour retourner un article. Passez au magasin avec le ticket de caisse.'],
  [/livr/i, 'Nous livrons en deux à trois jours ouvrés. La livraison est offerte dès 50 €.'],
  [/退|换货/, '30 天内都可以退货，带上小票到店里即可。'],
  [/送|快递|配送/, '两到三个工作日送达，满 50 欧元免运费。'],
  [/return|refund/i, 'You can return anything within 30 days. Just bring it to the shop with its receipt.'],
  [/deliver|ship/i, 'We deliver within two to three working days. Above €50 it costs nothing.'],
  [/tyre|tire|puncture/i, 'For gravel I would take the 40 mm tyres at 3 bar. They hardly ever puncture.'],
  [/[\u4e00-\u9fff]/, '您好！关于自行车的问题，尽管问我。'],
  [/\b(ich|wie|was|der|die|das|hallo)\b/i, 'Gern! Für die Stadt passt ein Rad mit Nabenschaltung am besten.'],
  [/\b(je|vous|quel|bonjour|est-ce)\b/i, 'Avec plaisir ! En ville, un vélo à vitesses intégrées est le plus pratique.'],
  [/(?:)/, 'Happy to help! For the city I would take a bike with hub gears and mudguards.'],
];

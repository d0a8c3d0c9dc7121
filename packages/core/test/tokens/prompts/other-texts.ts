/** Texts in other scripts and of other kinds, for which the estimate only has to be in the right order. */
import type { SamplePrompt } from './sample-prompt.js';

/** As even as a generator for tests has to be, and the same in each run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function drawn(alphabet: string, length: number): string {
  const next = numbers(length);
  return Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)]).join('');
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export const OTHER_TEXTS: readonly SamplePrompt[] = [
  {
    name: 'Russian',
    text: `Здравствуйте! Две недели назад я заказала у вас пару треккинговых ботинок, но посылка до сих пор не пришла. На странице отслеживания
написано, что заказ передан в службу доставки, однако с прошлой среды ничего не изменилось. Подскажите, пожалуйста, где находится посылка и
можно ли отправить замену экспресс-доставкой? Если это невозможно, прошу вернуть деньги на карту.`,
  },
  {
    name: 'Ukrainian',
    text: `Добрий день! Підкажіть, будь ласка, чи можна змінити адресу доставки, якщо замовлення вже передано кур'єрові? Я буду вдома лише після
шостої вечора, а сусіди зараз у відпустці й не зможуть прийняти посилку.`,
  },
  {
    name: 'Greek',
    text: `Καλησπέρα σας, θα ήθελα να επιστρέψω ένα προϊόν που παρέλαβα χθες, επειδή το χρώμα δεν είναι αυτό που παρήγγειλα. Ποια είναι η διαδικασία
και πόσες ημέρες χρειάζονται για την επιστροφή των χρημάτων;`,
  },
  {
    name: 'Japanese',
    text: `お世話になっております。先週の水曜日に登山靴を注文したのですが、配送状況が「準備中」のまま変わっておりません。今週の金曜日に旅行へ出発するため、それまでに受け取りたいと考えています。
荷物が今どこにあるのか、ご確認いただけますでしょうか。もし見つからない場合は、速達で代わりの商品を送っていただくか、返金の手続きをお願いいたします。サイズは二十六センチ、カラーはブラウンです。`,
  },
  {
    name: 'Korean',
    text: `안녕하세요. 지난주 수요일에 등산화를 주문했는데 배송 조회를 해 보면 아직도 상품 준비 중이라고 나옵니다. 이번 주 금요일에 여행을 떠나야 해서 그 전에 꼭 받아야 하는데요.
택배가 지금 어디에 있는지 확인해 주시고, 혹시 찾을 수 없으면 새 상품을 빠른 배송으로 다시 보내 주실 수 있을까요? 어렵다면 환불을 요청하고 싶습니다.`,
  },
  {
    name: 'Arabic',
    text: `مرحباً، طلبت حذاءً للمشي في الجبال قبل أسبوعين، ولم يصلني حتى الآن. صفحة التتبع تقول إن الشحنة في الطريق منذ يوم الأربعاء الماضي ولم يتغير شيء.
سأسافر يوم الجمعة وأحتاج إليه قبل ذلك. هل يمكنكم التحقق من مكان الطرد وإرسال بديل بالشحن السريع؟ وإذا لم يكن ذلك ممكناً فأرجو إعادة المبلغ.`,
  },
  {
    name: 'Hebrew',
    text: `שלום, הזמנתי לפני שבועיים נעלי הליכה ועדיין לא קיבלתי אותן. באתר המעקב כתוב שהחבילה נמצאת במחסן, אבל שום דבר לא השתנה מאז יום רביעי.
אני נוסעת ביום שישי וצריכה אותן לפני כן. אפשר לבדוק איפה החבילה, או להחזיר לי את הכסף?`,
  },
  {
    name: 'Hindi',
    text: `नमस्ते, मैंने दो हफ़्ते पहले आपकी दुकान से पहाड़ी जूते मँगवाए थे, लेकिन वे अभी तक नहीं पहुँचे हैं। ट्रैकिंग पेज पर पिछले बुधवार से कुछ भी नहीं बदला है।
मैं शुक्रवार को यात्रा पर जा रही हूँ और मुझे उससे पहले जूतों की ज़रूरत है। कृपया बताइए कि पार्सल कहाँ है, या फिर मेरे पैसे वापस कर दीजिए।`,
  },
  {
    name: 'Thai',
    text: `สวัสดีค่ะ สั่งรองเท้าเดินป่าไปเมื่อสองสัปดาห์ก่อน แต่ยังไม่ได้รับสินค้าเลย หน้าติดตามพัสดุบอกว่ากำลังจัดเตรียมตั้งแต่วันพุธที่แล้ว
วันศุกร์นี้ต้องเดินทางแล้ว รบกวนช่วยตรวจสอบให้หน่อยได้ไหมคะ ถ้าหาไม่เจอขอคืนเงินค่ะ`,
  },
  {
    name: 'Vietnamese',
    text: `Chào bạn, mình đã đặt một đôi giày leo núi cách đây hai tuần nhưng đến giờ vẫn chưa nhận được hàng. Trang theo dõi đơn hàng không thay đổi gì từ
thứ tư tuần trước. Bạn kiểm tra giúp mình xem bưu kiện đang ở đâu nhé, nếu không tìm thấy thì cho mình xin hoàn tiền.`,
  },
  {
    name: 'German',
    text: `Sehr geehrte Damen und Herren, vor zwei Wochen habe ich bei Ihnen ein Paar Wanderschuhe bestellt, die bis heute nicht angekommen sind. In der
Sendungsverfolgung steht seit vergangenem Mittwoch unverändert, dass die Lieferung elektronisch angekündigt wurde. Da ich am Freitag
verreise, bitte ich um schnellstmögliche Überprüfung oder um Rückerstattung des Kaufpreises auf meine Kreditkarte.`,
  },
  {
    name: 'French',
    text: `Bonjour, j'ai commandé il y a deux semaines une paire de chaussures de randonnée qui n'est toujours pas arrivée. Le suivi du colis n'a pas changé
depuis mercredi dernier. Comme je pars en voyage vendredi, pourriez-vous vérifier où il se trouve et, s'il est introuvable, me rembourser ? Merci
d'avance pour votre réponse.`,
  },
  {
    name: 'Spanish',
    text: `Hola, hace dos semanas pedí unas botas de montaña y todavía no me han llegado. En la página de seguimiento pone que el paquete está en preparación desde
el miércoles pasado. Salgo de viaje el viernes; ¿podrían averiguar dónde está o, si no aparece, devolverme el dinero?`,
  },
  {
    name: 'Polish',
    text: `Dzień dobry, dwa tygodnie temu zamówiłam buty trekkingowe i do tej pory ich nie otrzymałam. Śledzenie przesyłki nie zmieniło się od zeszłej środy.
Wyjeżdżam w piątek, więc proszę o sprawdzenie, gdzie jest paczka, albo o zwrot pieniędzy na konto.`,
  },
  {
    name: 'Turkish',
    text: `Merhaba, iki hafta önce bir çift yürüyüş ayakkabısı sipariş ettim ama hâlâ elime ulaşmadı. Kargo takip sayfasında geçen çarşambadan beri hiçbir değişiklik
yok. Cuma günü yola çıkıyorum, paketin nerede olduğunu kontrol edebilir misiniz ya da ücretimi iade eder misiniz?`,
  },
  {
    name: 'emoji',
    text: '🎉🎉🎉 omg yesss!!! 😂😂 we did it 🥳🙌🏽 best day ever ❤️❤️❤️ see you at 8 🍕🍻 👨‍👩‍👧‍👦 🇫🇷🇩🇪 don’t be late ⏰😅',
  },
  { name: 'base64', text: drawn(`${LETTERS}0123456789+/`, 2_000) },
  { name: 'hexadecimal figures', text: drawn('0123456789abcdef', 2_000) },
  { name: 'small letters without sense', text: drawn(LETTERS.slice(26), 2_000) },
  { name: 'capitals without sense', text: drawn(LETTERS.slice(0, 26), 2_000) },
  { name: 'figures', text: drawn('0123456789', 2_000) },
  { name: 'a list of numbers', text: Array.from({ length: 300 }, (_, index) => index * index * 7).join(', ') },
  { name: 'a long gap', text: `a${' '.repeat(2_000)}b` },
  { name: 'many empty lines', text: `a${'\n'.repeat(500)}b` },
  { name: 'a line of hyphens', text: '-'.repeat(1_000) },
  { name: 'one letter again and again', text: 'a'.repeat(2_000) },
  { name: 'signs without sense', text: drawn('!"#$%&()*+,-./:;<=>?@[]^_{|}~', 1_000) },
  {
    name: 'code without spaces',
    text: 'for(let i=0,n=a.length;i<n;i++){const e=a[i];if(e==null||e.id!==t)continue;r.push({...e,ts:+new Date(),k:`${e.id}:${i}`})}return r;'.repeat(
      4,
    ),
  },
  {
    name: 'HTML',
    text: '<div class="card mt-4 px-2"><a href="https://shop.example/p/4471?ref=mail&utm_source=news">Hiking boots</a><span class="price">129.90 €</span></div>\n'.repeat(
      6,
    ),
  },
  {
    name: 'mathematics',
    text: '∀ε>0 ∃δ>0: |x−x₀|<δ ⇒ |f(x)−f(x₀)|<ε. ∫₀^∞ e^{−x²} dx = √π⁄2, ∑_{n=1}^∞ 1/n² = π²/6, A ⊆ B ∧ B ⊆ C ⟹ A ⊆ C.',
  },
  { name: 'classical Chinese', text: '臣亮言：先帝創業未半，而中道崩殂。今天下三分，益州疲弊，此誠危急存亡之秋也。' },
];

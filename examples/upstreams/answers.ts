/** What the emulated models know. */

export const ANSWERS: ReadonlyMap<RegExp, string> = new Map([
  [
    /sky/i,
    'Sunlight looks white, but it is made of all colours. On its way through the air it meets molecules that are far smaller than ' +
      'its waves, and these scatter short waves much more strongly than long ones: blue light about four times as much as red. So the ' +
      'blue part of the light arrives from everywhere around you, while the rest comes straight from the sun. In the evening the light ' +
      'has a much longer way through the air. Most of the blue has been scattered out of it by then, and what is left is orange and red.',
  ],
  [
    /bread|dough/i,
    'Flour and water make a dough that holds together because two proteins of the grain join into gluten, a net that can be stretched. ' +
      'Yeast lives in this dough, eats the sugar that enzymes split off the starch, and breathes out carbon dioxide. The gas cannot ' +
      'leave: it gathers in thousands of bubbles, the net stretches around them, and the dough rises. In the oven the bubbles grow once ' +
      'more, the alcohol evaporates, and then the starch sets and keeps the shape. What smells so good is the crust, where sugar and ' +
      'protein turn brown.',
  ],
  [
    /bee/i,
    'A bee that leaves the hive for the first time flies backwards, in arcs that grow wider and wider, and learns what the entrance looks ' +
      'like from further and further away. Later it steers by the sun, whose way across the sky it knows, and when there are clouds by ' +
      'the pattern of polarised light that is left in a patch of blue. It measures how far it has gone by how fast the ground passes ' +
      'below its eyes. Back home it tells the others by a dance: the angle is the direction, the length of the waggle is the distance.',
  ],
]);

export const NO_ANSWER =
  'I am an emulation on your own machine, so I know only three answers: ask me why the sky is blue, why bread rises, or how bees find ' +
  'their way home. With keys in the environment you talk to real models; the README says which.';

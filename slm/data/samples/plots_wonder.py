"""Story plots with a bit of wonder: magic, dragons, the moon, toys and engines that think, animals that help.

Tables only; the notation is that of `story_script`.
"""
# ruff: noqa: E501 (a line of a table is a beat of a story, however long)

WONDER_PLOTS = {
    "the careless wish": """
worlds: town woods
object = stone|ring|bell|feather|shell|key|lamp|spoon
magic = <color> {object}
wish/result/trouble = that everything were sweet/The soup was sweet, the water was sweet, even the salt was sweet/{His} teeth hurt, and {he} longed for a pickle
| that it never rained again/The sky stayed blue for days and weeks/The flowers hung their heads, and the stream was dry
| that I were as tall as a tree/{He} grew and grew until birds sat on {his} ears/{He} could not get through the door or hug anyone
| that it were always day/The sun stood still and did not go down/Nobody could sleep, and the owls cried
| that I could have cake every day/There was cake for breakfast, lunch and supper/{His} tummy hurt, and {he} dreamed of plain bread
| that everyone did what I said/When {he} said jump, they all jumped/Nobody laughed or played any more, they only waited for orders
| that all things turned to gold/The table, the trees and the apples were gold/The apples were too hard to eat, and the grass was cold
| that nobody could see me/Nobody could see {him} at all/Nobody said hello, and {friend} sat on {him} by mistake
| that it snowed in summer/Thick snow fell on the green grass/The birds shivered, and the berries froze
| that I never had to sleep/{He} stayed awake all night long/The nights were long and lonely, and {his} eyes burned
topic = the magic {object}|quite ordinary days
lesson = you should think before you wish|plain things are often the best things|what you have is worth a lot|too much of a good thing is not good
begin:
<open>
<Oneday>, {hero} found a {magic} [in the sand|under a root|in an old box|by the water]. It was [warm|cold] and it [hummed|glowed|shook] a little.
| <Oneday>, near {place}, {hero} [saw|found] something in the [grass|mud|leaves]. It was a {magic}, and it [glowed|shone] [from inside|like a star].
"[Who wakes me?|Be careful,|Hello,]" a voice said. "I am a magic {object}. You have [one wish|one wish, and one more to undo it]."
| When {he} rubbed it, a [tiny|deep|soft] voice spoke: "I am a magic {object}. [Make a wish.|What do you wish for?]"
| It [tickled|burned] {his} hand. "[Put me down or make a wish|You found me first]," it [whispered|sang]. "I am a magic {object}, [very old|and I am bored]."
"[Think well|Take your time|Ask a friend first]," the {object} said. But {hero} did not want to wait. "I wish {wish}!" {he} cried.
| {Hero} did not think [long|for even a moment]. "I wish {wish}!" <hcried>. "[Are you sure?|Think again,]" the {object} said. "[Yes, yes|I am sure]!"
[Puff|Pop|Whoosh|Ding]! It came true. {Result}.
| There was a [flash|puff of smoke|sound like a bell]. {Result}!
? "[Wonderful|This is great|Hooray]!" {hero} [laughed|cheered]. {He} showed it to {friend}, who [stared|could not believe it].
| At first it was [fun|wonderful]. <hglad>

But soon things went wrong. {Trouble}.
| After [one day|<number> days], it was not so nice any more. {Trouble}.
? "[Do something|This is awful|Please stop it], {hero}," <fsaid>. "[It was better before|I want the old days back]."
| {His} {parent} shook {mhis} head. "[This cannot go on|Something is wrong with the world]," {mhe} said.
? <hsad>
{Hero} looked for the {object}. It was [gone|not in {his} pocket]! {He} [searched|looked] [everywhere|all day] until {he} found it [in the mud|under a leaf|where it all began]. "Please, dear {object}, [make everything as it was|take back my wish]," {hero} said.
| {He} took the {object} in {his} hands. "Please," <hsadly>, "[I made a mistake|I did not think]. I wish that everything were as it used to be."
| {Hero} and {friend} [ran|went] back to where {he} had [found|met] it. "Dear {object}," <hsadly>, "[forgive me|help us]. [I only want the old world back|Please make it as it was before]."
"[That is a wise wish|I hoped you would say that]," said the {object}. [Puff|Pop|Whoosh|Ding]! And all was as before.
| The {object} [laughed softly|hummed]. "[Now you have learned something|Most people ask for that]," it said. There was a [flash|warm wind], and the world was [itself|right] again.
| The {object} [thought|waited] for a moment. "[So be it|As you wish]," it said. And {hero} [blinked|held {his} breath], and the old world was there again, [every stone|every leaf] of it.

{Hero} [ate|chewed] a plain piece of bread and [looked at the clouds|breathed the air]. "[How good this is|I never knew how nice this is]," {he} said.
| {He} [hugged|kissed] {his} {parent} and [danced with|ran to] {friend}. Everything was [just right|plain and lovely].
? And the {object}? {Hero} put it back [where it came from|in the water|in the ground], for someone [wiser|else] to find.
| Then the {object} grew [dark|quiet] and was only a {object}. {Hero} [kept|put] it [on the shelf|by the window], to remember.
<end>
""",
    "reaching the moon": """
worlds: town woods
way/fail = a ladder on top of a hill/The ladder was much too short|a pile of boxes/The boxes fell over, one by one|a long, long rope/The rope fell back on {his} head
| wings made of leaves and paper/The wings broke, and {he} landed in a bush|a big jump from the highest rock/{He} landed on {his} bottom|a very tall tree/Even the top of the tree was too low
| a kite with a basket/The kite came down in the pond|a swing that went very high/The swing stopped halfway
mirror = a bucket of water|the pond|a bowl of milk|a puddle|{his} {parent}'s mirror|a window pane|a cup of tea
topic = the moon in {mirror}|the round moon
lesson = some wonders come to you if you look in another way|beauty can be near and far at once|you do not have to own a thing to love it
begin:
<open>
{Hero} loved the moon [more than anything|best of all]. {He} wanted to [touch|hold|pet] it just once.
| Each night {hero} looked up. "[Dear moon|Good evening, moon]," {he} said, "[can I touch you|I wish I could hold you]."
"[How can I get to the moon|How far is it to the moon]?" {he} asked {friend}. "[Higher than the birds|Very far]," <fsaid>. "[But we can try|I will help you]."
| "I want to bring the moon home," {hero} told {friend}. "[What would you do with it?|It is so high up,]" <fsaid>. "[Put it by my bed|Play with it, and then give it back]," <hsaid>.

So, <oneday>, they got ready. When it was dark, they tried {way}. [Higher|Up], [higher|up], almost! {Fail}.
| They [thought|made plans] all day. That night they tried {way}. {Fail}.
? "[Ouch|Oh well]," <hsaid>. "We need something [higher|better]." They [asked|went to] {elder}.
| The moon [smiled|looked on] and [said nothing|shone]. "[It is laughing at us|It has moved]," <fsaid>.
"[Nobody can touch the moon|I tried that once too]," <esaid>. "[But the moon likes to visit|Be patient]. [Sit still and look down, not up|Some things you catch by waiting]."
| {Elder} listened and [smiled|stroked {ehis} chin]. "[You look too high|Look in low places too]," {ehe} said.
? They did not understand that. How can the moon be [down here|on the ground]? <hsad>
| {Hero} was <tired> and sat down. {His} {parent} came with a [blanket|lantern]. "Time for bed," <msaid>.
Then {hero} looked at {mirror}. {He} [held {his} breath|could not believe it]. In it [swam|lay|shone] the moon, [round|small] and [white|silver|golden]!
| On the way home they passed {mirror}. "[Stop|Look]!" <hcried>. The moon was in it, [as big as a plate|so near]!
[Slowly|Gently], {hero} put out one finger. The moon [shook|shivered|smiled] and was [still|round] again. "[It is cool and smooth|I touched it]!" {he} whispered.
| {He} bent down until {his} nose [nearly|almost] touched it. "[Hello, moon|So you came to me]," {he} [said|whispered].
? "[May I too?|Me too,]" said {friend}, and {fhe} touched it [with one finger|very lightly].
| {Friend} [giggled|laughed]. "[We did not have to climb at all|It was here all the time]," {fhe} said.
? <hglad>
? From then on, {hero} [put|set] out a [bowl|cup] of water on clear nights, so that the moon could [rest|have a drink|visit].
| "Good night, moon," {he} said. And the moon, up there and down here, [shone|winked] [at {him}|over all the world].
<end>
""",
    "afraid to fly": """
worlds: woods
kind = robin|sparrow|swallow|owl|blue jay|dove|finch|crow
nest = in a nest [of straw|of moss|made of sticks] [in the old oak|high in a pine|under a roof|in an apple tree]
fear = the ground was so far away|the wind was so strong|{his} wings felt so small|{he} had once seen a leaf fall down
reason = a little mouse slipped from a branch|{friend} got a wing caught in a thorn bush|the baby of the family fell out of the nest|{friend} did not see the cat in the grass|a big snake crept toward {friend}
topic = the wide blue sky|{his} first flight|clouds
lesson = courage comes when someone needs you|you are stronger than you think|there is a right time for everyone|fear gets smaller when you fly over it
begin:
Once upon a time, a <young> {kind} <named> {hero} lived {nest}.
| {Hero} was a {trait} <young> {kind}. {He} lived {nest} with {his} {parent}.
| There once was a {trait} <young> {kind} <named> {hero}. {He} lived {nest}.
All the [other|young] birds could fly. Only {hero} could not, because {he} was <scared>: {fear}.
| {Hero} had [fine|strong|new] feathers, but {he} did not dare to fly. {He} thought that {fear}.
"[Come, jump|Just open your wings]!" {friend} called. {Friend} [flew in circles|could fly upside down]. "[Tomorrow|Maybe tomorrow|Not today]," {hero} always said.
| Every day {friend} [flew by|came to the nest]. "[The sky is wonderful|You can see the sea from up there|The clouds are cool and wet]," <fsaid>. "[I like it here|I will stay here]," <hsaid>.

<Oneday>, {his} {parent} sat down beside {him}. "[Are you afraid|What stops you]?" {mhe} asked. {Hero} nodded. "[So was I|I was afraid too]," {mhe} said. "[Your wings will know what to do|Start with a small hop]."
| {Elder} came to visit. "[I fell <number> times when I learned to fly|The air will hold you if you trust it]," <esaid>. {Hero} [listened|looked down] and [shook {his} head|swallowed].
? So {he} [practiced|hopped] [from one side of the nest to the other|from twig to twig]. {He} [flapped|beat] {his} wings until {he} was <tired>. But {he} did not let go.
| {He} stood on the edge. {He} looked down. It was so deep and so wide. {He} crept back into the nest. <hsad>

Then, <someday>, {reason}. "[Help|Help me]!" [someone|a thin voice] cried. The others were [far away|in the fields|asleep].
| But then something [bad|terrible] happened: {reason}. There was nobody else [near|to help].
{Hero} did not think. {He} did not look down. {He} [opened|spread] {his} wings and jumped!
| {Hero}'s heart [stopped|jumped]. "[I am coming|Hold on]!" {he} cried, and [before {he} knew it|without a thought] {he} was in the air.
The wind [caught|lifted|held] {him}. [Down, down, and then up|Flap, flap, flap], {he} was flying! {He} [got there|came] just in time.
| For a moment {he} fell like [a stone|an apple]. Then {his} wings [found|caught] the air, and it held {him} like [a hand|soft water].
? {He} [pulled|pushed] and [screamed|called] as loud as {he} could, until the danger was over.
| With {his} beak and {his} wings {he} [helped|fought], and then [all was well|everyone was safe].
"[{Hero}, you flew|You saved us|You can fly]!" <fcried>. {Hero} [looked|stared] at {his} wings. "[I flew|I did]?" {he} said. "[I forgot to be afraid|I did not even notice]!"
| "[Look where you are|Look down]," {friend} laughed. {Hero} looked. {He} was [high up|above the trees], and it was [beautiful|not scary at all].
? <hglad>
? That evening, {he} flew with {friend} over the [hills|lake|forest], [higher and higher|side by side], into the [red|golden] sky.
| From that day on, {he} was [first|up] in the air each morning, and {he} sang [so loudly that the flowers woke up|to the sun].
<end>
""",
    "room in the storm": """
worlds: woods
weather: rain
guest_a/guest_b/guest_c = a wet mouse/two cold sparrows/a big, shy bear|a tired snail/a family of frogs/an old goat|a lost lamb/three bees/a long-legged stork|a lame cricket/two moles/a grumpy badger
| a baby rabbit/a blind mole/a large brown moose|a small hen/two ladybugs/a fat pig
topic = the night of the storm|a small house full of friends
lesson = there is always room if you make some|sharing makes a small house big|a storm is less scary together|kindness keeps you warm
begin:
<open>
{His} home was [snug|cozy|neat], but it was just big enough for one.
| {His} home was very small, with one [bed|chair], one [cup|bowl] and one [blanket|lamp].
| {Hero} had a [tiny|narrow|little] home, where only one could [sit|sleep] and only one could [turn around|stretch].
<Oneday>, a storm came. <rain>
| Then came a {day} [night|evening]. <rain> [Thunder|The thunder] [rolled|cracked], and [lightning|a white light] [lit|split] the sky.
? {Hero} [lit a candle|sat by the fire|made tea]. "[How good to be inside|I am glad to be warm and dry]," {he} said.
| Inside it was [warm|dry and cozy]. {Hero} <snack> and listened to the wind.

[Knock, knock|Tap, tap]. Outside stood {guest_a}. "[Please, may I come in?|My home is under water,|I am so cold,]" it said.
| There was a knock at the door. It was {guest_a}. "[Is there room for me|Can you help me]?" it asked.
{Hero} looked at {his} [little|one] room. "[Come in|It is small, but you can share it]," {he} said and [gave it half the blanket|moved over].
| "[Of course|Quick, come in]," <hsaid>. {He} [dried it with a towel|gave it a warm drink].
[Soon|A little later] there was another knock. There stood {guest_b}. "[Is there still room?|We have nowhere to go,]" [they cried|said a chorus of voices].
| [Knock, knock|Tap, tap, tap]! Now it was {guest_b}. "[Not more|It is too full]!" said the first guest. "[It was not too full for you|We will fit]," <hsaid>.
| The fire was [warm|bright] when somebody knocked again. Out in the rain stood {guest_b}, [cold|tired] and [wet|hungry].
? "Come in, come in," <hsaid>. They [sat|lay] [close together|side by side], and it got [warm|warmer].
| They [squeezed|moved] together like [peas in a pod|buttons in a box|seeds in an apple].
And then came the loudest knock of all. It was {guest_c}, [wet|dripping] from head to toe. Everyone [held their breath|was silent]. That was too big!
| At last, something [big|heavy] [bumped|knocked] at the door. {Guest_c} looked in. "[I know I am too big|I will just stay outside]," it said sadly.
| The last guest was {guest_c}. It [shook|dripped] and [sniffed|sneezed] at the door. "[I will break your chairs|There is no room for one like me]," it said.
<idea> "[If you lie down around the stove, we can all lean on you|You be the bed, and we will be the blanket|You can be the wall where the wind comes in]!" {he} said.
| {Hero} [scratched {his} ear|thought]. "[Come in and breathe in|Everyone, stand up]!" {he} said. "[We will hang the chair on the wall|We can sit on your back]!"
? And so it was. It was [tight|full], but [nobody minded|they were all dry]. They told [stories|jokes] and sang [against|louder than] the thunder.
| There they [sat|lay], [nose to tail|ear to ear]. Someone began to hum. Soon they all sang, and the storm [seemed|sounded] far away.

In the morning the sun came out. But the storm had [torn a hole in the roof|broken the door|blown down the chimney].
| When the sun rose, {hero} [stepped|looked] outside. Oh no! [A branch lay on the roof|The fence was gone|The wood pile had washed away].
"[You helped us|You made room for us]," said the guests. "[Now we help you|Now it is our turn]." They all worked, and by noon the house was [as good as new|bigger than before].
| All the guests [set to work|stayed to help]. The small ones [found|brought] moss and twigs, the big one carried the wood. They built {hero} a new room, with space for guests.
| The guests looked at {hero} and then at each other. "[One good turn for another|Let us work]!" they cried. [Hammers|Feet] and [paws|beaks] flew, and [before lunch|by evening] the house stood [firm|straight] again.
? <hglad>
<end>
""",
    "ready for winter": """
worlds: woods
store = nuts|seeds|acorns|dry berries|roots|apples|mushrooms
fun = sing on a branch|sleep in the sun|dance in the leaves|swim in the pond|play the fiddle|lie in the grass|chase the clouds
gift_of = sing|tell stories|play music|make jokes|dance
topic = spring|a warm den in the snow|full baskets
lesson = there is a time to play and a time to prepare|it is wise to think of tomorrow|a good friend shares in hard times|everyone has something to give
begin:
<open>
It was [autumn|fall], and the leaves were [red and gold|falling like feathers]. {Hero} gathered {store} for the winter.
| The days got [short|shorter] and the nights got [cold|colder]. Every day, {hero} carried {store} into {his} den.
{Friend_full} only wanted to {fun}. "[Come and play!|Why do you work so hard?]" {fhe} called.
| But {his} friend {friend_full} did not gather anything. {Fhe} liked to {fun}. "[Winter is far away|You work too much], {hero}," {fhe} laughed.
"[Winter is coming|When the snow falls, there will be no food]," <hsaid>. "[Gather some {store} too|You should fill your den]." "[Tomorrow|Later]," <fsaid>.
| {Hero} [shook {his} head|worried]. "[Have you filled your den|What will you eat when it snows]?" {he} asked. {Friend} [yawned|waved a paw]. "[There is still time|Do not be so serious]!"
? {Hero} [carried|rolled|dragged] {store} [up the hill|home] from [dawn|morning] to [dusk|night]. {His} back hurt, but the pile [grew|was high].
| One [basket|bag], two [baskets|bags], three. {Hero} [counted|sorted] the {store}, the big ones [left|here], the small ones [right|there].

Then one morning, the world was white. The [wind|cold] [bit|howled], and the [pond|stream] was frozen.
| And then it came, [overnight|all at once]: the snow. It covered the [grass|paths] and the [last leaves|bushes].
| Winter came [on soft feet|in the night]. {Hero} [woke up|looked out] to [white|frozen] fields, and {friend} woke up to an empty den.
{Friend} [looked|searched] for food. There was [nothing under the snow|not one berry left]. {Fhis} tummy [growled|was empty].
| In {friend}'s den it was [cold|dark], and there was nothing to eat. {Fhe} [shivered|thought of {hero}'s words].
| {Friend} dug in the snow for {store}. {Fhe} found [only ice|one bad nut|stones], and {fhis} [paws|feet] were [blue|numb] with cold.
{Fhe} was ashamed, but [at last|one evening] {fhe} knocked at {hero}'s door. "I am [hungry|so cold]," <fsadly>. "[You were right|I should have listened]."
| {Hero} heard a [soft|weak] knock. Outside stood {friend}, [thin|white with snow] and shaking. "[Do you have a few {store} for me?|I was so foolish,]" {fhe} whispered.
{Hero} [looked|thought]. It was enough for one. Was it enough for two? {He} [looked at|counted] the {store}. "[Come in|We will share]," {he} said.
| "[I told you so|You did not listen]," {hero} wanted to say. But {he} saw {friend}'s [sad eyes|cold feet], and {he} opened the door wide.
| {Hero} thought of [the long summer|all that work] and then of {friend}'s [songs|cold nose]. "[Sit by the fire|Eat with me]," {he} said.
? They ate [a little|small meals] each day. And in the long evenings, {friend} began to {gift_of}. The den was full of [life|laughter].
| To say thank you, {friend} would {gift_of} every night. {Hero} had never had [so much fun|such a merry time] in the winter.
? "[I have food, and you have joy|Without you, the winter would be long and gray]," <hsaid>. "[So we both have something to give|I am glad you knocked]."
| "[I can give you so little|You give me so much]," <fsaid>. "[You fill my heart|You make me laugh]," <hsaid>. "[That is food too|That is worth many {store}]."

? When spring came, they [ran|danced] out into the [green|new] grass together.
| At last the snow melted and the [first flowers|birds] came back. They had made it!
And the next autumn, {friend} was the first to gather {store}. "[First we work, then we {fun}|Come, {hero}, winter is coming]!" {fhe} called.
| That year, they gathered {store} side by side, and when the work was done, {hero} learned to {fun}.
<end>
""",
    "too many berries": """
worlds: town woods
fruit_one/fruit_many = berry/berries|plum/plums|cherry/cherries|apple/apples|pear/pears|nut/nuts|fig/figs
carry = {his} hat|an old bag|a thin basket|{his} scarf|a paper bag|a rusty bucket
topic = sweet {fruit_many}|sharing {fruit_many}
lesson = it is enough to take what you need|greed leaves you with less|shared food tastes best|it is time to stop when you have enough
begin:
<open>
<Oneday>, {hero} found a [tree|bush] full of ripe {fruit_many} near {place}. <sky>
| <Oneday>, {hero} [walked past|came to] {place}. There were {fruit_many}, more {fruit_many} than {he} had ever seen!
? {He} [ate|tried] one. It was [sweet|juicy|so good]. "[All mine|I will tell nobody|I will take them all]," {he} thought.
| "[What luck|Hooray]!" {he} said. "These are all [mine|for me]." {He} looked around. Nobody was [there|near].
<Afriend> came by. "[Those look good|What sweet {fruit_many}]. [May I have a few?|Can I have one?] please?" <fasked>. "[No|Sorry, no]," <hsaid>. "[I found them|There is not enough]."
| Then came <afriend>, [hungry|with an empty basket]. "[Can we pick them together|Is there one for me]?" <fasked>. {Hero} [put {his} arms around the|stood in front of the] {fruit_many}. "[I was here first|They are mine]."
{Friend} [walked|went] away [with empty hands|quietly]. {Hero} [filled|stuffed] {carry}, [fuller and fuller|to the top], until not one {fruit_one} was left.
| So {friend} left. {Hero} picked and picked. {He} put the {fruit_many} in {carry}, and then in {his} pockets, and then in {his} mouth.

On the way home, it got [heavy|heavier]. {He} [puffed|groaned] and [pulled|dragged]. And then, [rip|crack|snap], the bottom [tore|broke]!
| {He} had to [walk|go] slowly, because {he} could hardly carry it. [At the bridge|On the hill|Halfway home], it [tore|burst|broke] with a loud [rip|crack].
| {He} had not gone far when {carry} [gave way|fell apart]. [Plop|Thump], plop, went the {fruit_many}.
The {fruit_many} [rolled|fell] [down the hill|into the stream|into the mud], [one after the other|here and there]. They were gone!
| All the {fruit_many} [jumped|bounced] away. [The water took them|A pig ate them|They rolled into a deep hole]. Only one {fruit_one} was left.
? <hsad>
? And {his} tummy hurt, because {he} had eaten too [many|fast]. "[Oh, oh|Ouch]," {he} [groaned|moaned]. "[What a fool I was|It serves me right]."
| {He} sat [by the path|on a stone] with a tummy ache and an empty bag. "[If only I had shared,|Why did I want so much?]" {he} thought.

Then {friend} came back. {Fhe} [saw|heard] {him} and did not laugh. "[Does it hurt?|Come, I will help you,]" <fsaid>, and {fhe} [brought {him} water|sat with {him}].
| Somebody sat down [next to|beside] {him}. It was {friend}. "[I have some bread|I have mint tea]," <fsaid>. "[Would you like half?|Here, take some.]"
["Why are you so kind to me?" <hasked>|"But I gave you nothing," <hsaid>]. "[It feels better to share|I am not angry long]," <fsaid>.
| {Hero} [turned red|could not look up]. "I am sorry," {he} said. "[I was greedy|I should have shared]." "[I know|It is all right]," <fsaid>.
{Hero} took the last {fruit_one} and cut it in two. "[Half for you|The bigger half is yours]," {he} said. It was the [best|sweetest] {fruit_one} {he} had ever eaten.
| The next [day|week], they found more {fruit_many}. This time they took [a few|just enough], and they left some for [the birds|{pal}|others].
| {Hero} [looked|searched] in {his} pockets. There were <number> {fruit_many} left, and {he} gave [most|half] of them to {friend}.
? <hglad>
<end>
""",
    "the baby who lost its mother": """
worlds: town woods
baby/mother/sound = duckling/duck/peep, peep|lamb/sheep/baa, baa|chick/hen/cheep, cheep|kitten/cat/mew, mew|puppy/dog/yip, yip|calf/cow/moo, moo|foal/horse/nay, nay|piglet/pig/oink, oink
| fawn/deer/bleat, bleat|owlet/owl/hoo, hoo
wrong_a = a [gray|white|fat] goose|a [red|brown] hen|a [big|lazy] dog|a [slow|old] turtle
wrong_b = a [black|thin] goat|a [proud|tall] rooster|a [round|pink] pig|a [shaggy|kind] pony
where = behind the mill|by the river|in the barn|under the willow|at the edge of the corn|near the old bridge|on the far side of the hill
topic = the little {baby}|the {baby} and its mother
lesson = it feels good to help the small|a mother never stops looking|you can be a big help even when you are little|you should never give up on a friend
begin:
<open>
<Oneday>, {hero} heard a [soft|thin|sad] sound [behind a bush|near {place}|in the tall grass]. "{Sound}." It was a {baby}!
| <Oneday>, on {his} way to {place}, {hero} [saw|met] a {baby}, [all alone|wet and lost]. "{Sound}," it cried.
"[Where is your mother|Are you lost, little one]?" <hasked>. The {baby} [looked up|shook its head] and cried [again|even more]. "{Sound}!"
| {Hero} [bent|knelt] down. "[Do not cry|Do not be afraid]," {he} said. "[We will find your mother|I will take you home]." The {baby} [came closer|leaned on {him}].
{He} [wrapped it in {his} scarf|took it in {his} arms|let it walk behind {him}], and they set out. <walk_sight>
| So they went [along the path|over the field] together, [step by step|slowly], the {baby} close [behind|beside] {him}. <sky>

First they met {wrong_a}. "Is this your baby?" <hasked>. "[No, mine are at home|That one has the wrong feet|Not mine]," was the answer. "[Ask farther down|Try the farm]."
| They came to {wrong_a}. "[Excuse me|Please], do you know this {baby}?" <hasked>. "[Never seen it|It is not mine]. But it is [cute|so small]."
? Then they asked {wrong_b}. "[Mine|My baby]? [Ha|No, no]! My babies [are much bigger|have other ears|make more noise]," it said.
| Next came {wrong_b}. It [sniffed|looked] at the {baby} from all sides. "[No|Sorry]," it said, "[but I heard someone cry in the night|somebody came by and called for a child]."
? The {baby} was <tired>. "{Sound}," it said, very softly. {Hero} [carried|rocked] it and sang [a song|to it].
| It got [late|cool]. The {baby} [trembled|was hungry]. {Hero} gave it [some water|a bit of {his} bread] and [held|kept] it warm.
<Afriend> came [along|by]. "[What do you have there|Whose baby is that]?" <fasked>. "I saw a {mother} {where}," {fhe} said. "[She called and called|She looked so sad]!"
| "[Let us be very quiet and listen|Shh]," <hsaid>. And then, from far away, they heard a {mother} call. It came from {where}!

They [ran|hurried|raced] to the place. And there, {where}, stood a {mother}, [calling|looking] [left and right|in every bush].
| So they went {where}. A {mother} [walked|ran] up and down there. "[My baby|My child]! [Where are you|Has anyone seen my baby]?" she cried.
"{Sound}!" cried the {baby}. It [jumped|wriggled] out of {hero}'s arms and ran to her. The {mother} [licked|hugged|nuzzled] it [from head to tail|again and again].
| The {baby} [heard|saw] her. "{Sound}, {sound}!" And then they were together, [cheek to cheek|nose to nose].
? "[How can I thank you?|You brought my baby back!]" the {mother} said. "[You have a good heart|Come and see us whenever you like]."
| The {mother} [bowed|looked] at {hero} with [warm|wet] eyes. "Thank you," she said. "[I have looked since yesterday|I was so afraid]."
? <hglad>
? {Hero} [went|ran] home and [hugged|kissed] {his} own {parent}, [very tight|for a long time]. "[What was that for|And why is that]?" <masked>. "[Just because|For looking for me, if I get lost]," <hsaid>.
| After that, whenever {hero} came by, a [happy|merry] "{sound}" [rang out|was heard], and a {baby} came [running|to play].
<end>
""",
    "the toy nobody bought": """
worlds: town
kind = rag doll|wooden horse|tin robot|stuffed bear|toy rabbit|cloth elephant|little puppet|toy soldier|stuffed owl|toy lion
flaw = one eye was missing|one ear was torn|one arm was too short|the paint was old|one leg was loose|a seam was open|the nose was crooked
others = shiny cars|dolls in silk|trains that whistled|bears with bows|robots that blinked
topic = a warm bed and a friend|{friend}'s warm hands
lesson = somebody is waiting just for you|you do not have to be perfect to be loved|it is what is inside that counts|hope is worth keeping
begin:
Once upon a time, there was a {kind} <named> {hero}. {He} [sat|lived] on the [top|last|lowest] shelf of a toy shop {town}.
| In a toy shop {town} there was a {kind}. {His} name was {hero}. {He} sat between {others}.
| On the [top|last] shelf of a [small|dusty|big] shop sat {hero}, a {trait} {kind}.
But {flaw}, and so nobody [bought|wanted] {him}. Day after day, {others} were sold. {Hero} stayed.
| All {others} found a home. But when people saw that {flaw}, they put {hero} back.
"I wish I had a child [to play with|who loved me]," <hsadly> to [the clock|the moon|the mouse in the wall].
| At night, when the shop was dark, {hero} [talked to|told] the [moon|mouse]. "[Will anyone ever take me home?|I would be such a good friend,]" {he} said.
? "[Do not give up hope|Your day will come]," [the mouse|the old clock] said. "[I have seen many toys|Good things can be slow]."
| "[Your heart is fine|You are a good {kind}]," said the [mouse|moon]. "[Somebody will see it|Just wait]."

<Oneday>, the man in the shop said, "[This one is too old|We need the space]. [Out with it|I will throw it away]." {Hero} landed in a box [by the door|in the yard].
| Then, <oneday>, the shop [was cleaned|got new toys]. {Hero} was put in a box with the words: "[For free|Old toys]." Then {he} stood [in the rain|on the street].
? <hsad>
? It [rained|got dark]. [Feet|Shoes] [went|hurried] by: [brown|black] shoes, [red|white] boots. Nobody stopped.
| [People|Cars] went by. A dog [sniffed|barked]. A [leaf|drop] fell on {his} nose. {Hero} felt cold and [small|alone].
Then two [small|muddy] <color> boots [stopped|stood still]. A child named {friend} looked into the box. "[Oh|Look]! Who are you?" {fhe} asked.
| Then a face looked down at {him}. It was a child named {friend}. {Fhe} had [a bandage on {fhis} arm|freckles|a missing tooth|messy hair]. "[Are you all alone?|Nobody wants you,]" {fhe} asked.
"[That toy is broken|It is old and dirty]," said {friend}'s [mother|father]. "[We can buy a new one.|Do you really want it?]" {Friend} shook {fhis} head. "[No, I want this one|This one needs me|I do not want a new one]," {fhe} said.
| {Friend} saw that {flaw}. {Fhe} [smiled|laughed]. "[That is how I will always know you|I am not perfect either|It makes you special]," {fhe} said.

At home, {friend} [washed|dried] {him} and took a [needle and thread|pot of glue|brush]. It [tickled|did not hurt at all]. Soon {hero} was [as good as new|mended].
| {Friend} and {fhis} [mother|father] [sewed|glued|cleaned] and [brushed|painted]. "There," {fhe} said, "[now you look fine|all better]."
? {Hero} got [a <color> ribbon|a place on the pillow|a tiny coat], and [when {friend} was not looking|in the dark] {he} [smiled|cried for joy].
| That night, {hero} lay in a warm bed, [in {friend}'s arms|under a soft blanket]. Outside the [rain|wind] [fell|sang]. <hglad>
? They went everywhere together: to [school|the sea|the park], to [the doctor|grandma's house|the woods], [up the slide|into the bath] and [into the garden|over the hills].
| {Friend} told {him} [every secret|all {fhis} dreams], and {hero} [kept|listened to] them all.
<end>
""",
    "the small engine": """
worlds: town
kind/job/big = train/carried milk and letters/long red train|tugboat/pulled small boats/huge white ship|tractor/carried hay/great new tractor|truck/carried sand/big silver truck|bus/took children to school/tall double bus
| fire engine/watered the flowers in the park/long ladder truck|snow plow/cleaned the small streets/giant snow plow|helicopter/brought the mail to the hills/fast jet plane
load = toys for the children|medicine for the hospital|food for the village|lanterns for the feast|books for the school|animals for the circus|presents for the orphans|blankets for the cold night
where/danger = on the steep hill/the road was full of ice|in the storm/the waves and the wind were wild|in the deep snow/it was getting dark|at the narrow bridge/there was hardly any room|in thick fog/nobody could see a thing
topic = the load of {load}|the long way over the hill
lesson = small does not mean weak|you can do more than you think|you get there bit by bit|help is never too small
begin:
Once upon a time, there was a little {kind} <named> {hero}. Every day {he} {job}.
| {Town}, there was a little <color> {kind} <named> {hero}. {He} {job}, and {he} was proud of {his} work.
| {Hero} was a small {kind} with a <color> [nose|stripe|bell] and a {trait} heart. {He} {job}.
The big machines laughed at {him}. "[You are so small|Toot, toot, tiny one]," said the {big}. "[I can do ten times as much|Leave the hard work to me]."
| Next to {him} stood a {big}. "[Out of my way, shorty,|What can such a tiny thing do?]" it [laughed|roared].
? <hsad>
? "[I only do what I can|I wish I were big]," {hero} said to {friend}, {his} driver. "[Big is not everything|You have a strong heart]," <fsaid>.
| "Never mind," said {friend}, who drove {him}. "[We do our work well|Small wheels turn too]."

<Oneday>, the {big} had to bring {load}. It [set off|left] with a loud [roar|honk]. But {where} it [got stuck|broke down].
| <Oneday>, everyone was waiting for {load}. The {big} was to bring them. But it never came. It had [stopped|broken down] {where}.
? "[Help,|Who can help me?]" it [called|cried]. The others said, "[Too dangerous|Not me]. {Danger}!"
| The phone rang [and rang|in the station]. "[We need help.|Who will go?]" [One after the other|Everyone] said no, because {danger}.
"I will go," said a small voice. It was {hero}. "[You|Such a little {kind}]?" they [laughed|cried]. {Friend} [jumped|climbed] in. "[Yes, us|Let us go]!" {fhe} said.
| {Hero} [shook|was <scared>], but {he} said, "[I will try|Let me try]." {Friend} patted {his} side. "[I am with you|Together]," {fhe} said.
? [Slowly|With a hum|With a puff], they [went|made their way]. "[Step by step|Bit by bit|A little more]," <hsaid>, [again and again|all the way].
| [Puff, puff|Chug, chug|Hum, hum]. {Danger}, but {hero} went on. "[I can do it, I can do it|Do not stop, do not stop]," {he} [sang|told {himself}].
{Hero} took the load and pulled. Nothing moved. {He} pulled [again|harder], with every [screw|bolt] and every bit of {his} strength. And then, [inch by inch|slowly], it moved!
| They tied a [rope|chain] and pulled. {His} [engine|motor] grew [hot|red hot]. {Friend} [cheered|called], "[You can do it|One more time]!" And yes, it [moved|began to move]!

[Late that night|When the sun came up|At midnight], they [arrived|came home] with {load}. [Bells rang|Everyone cheered|People waved their hats].
| In the end they [made it|got there]. [Children|People] [ran|came] [with flowers|with lamps] and [sang|shouted {hero}'s name].
"[I was wrong|I am sorry I laughed]," said the {big}. "[You are the biggest of us all|Your heart is bigger than mine|I would still be out there without you]."
| The {big} [lowered|dimmed] its lights. "[Thank you|You saved me]," it said. "[Can we be friends?|I will never laugh at you again.]"
? <hglad>
<end>
""",
    "the shy dragon": """
worlds: town
kind_of/monster = small green dragon/dragon|round blue monster/monster|giant with big feet/giant|shaggy troll/troll|purple dragon/dragon|sea monster with a long neck/monster|thin white ghost/ghost|fuzzy yellow monster/monster
where = in a cave above the town|under the old bridge|behind the waterfall|in the empty tower|at the bottom of the garden|in the dark wood|on the far side of the lake
bother/secret = loud noises in the night/it was crying because it was lonely|smoke over the trees/it was trying to cook soup|big footprints in the mud/it looked for its lost teddy bear
| missing socks from every line/its feet were always cold|a strange howl each evening/it was practicing a song|shaking ground at noon/it was learning to dance
gift = <treat>|a warm scarf|a storybook|a drum|a lantern|a basket of <fruit>
skill = warm the bread oven|carry heavy wood|put out the fire at the barn|light the lamps in the evening|give rides to the children|keep the harbor safe
topic = the {kind_of}|{his} big new friend
lesson = you should not be afraid before you know someone|scary things may be scared themselves|it is good to ask why|friends come in all shapes
begin:
<open>
For some [days|weeks] there had been {bother}. "It is a monster," people said. "[Keep away|Lock your doors|It lives {where}]!"
| All the neighbors were afraid. There had been {bother}. [Something|Somebody] lived {where}, they said.
"[Has anyone talked to it|What does it want]?" <hasked>. "[Are you mad|Talk to a monster]?" <fcried>. Nobody had asked.
| "[I want to see it|Somebody should ask what is wrong]," <hsaid>. {Friend} [turned pale|stared]. "[You must not go|It will eat you]!" {fhe} said.

<Oneday>, {hero} put {gift} in {his} bag and went to look. It lived {where}. <hscared>
| So, <oneday>, {hero} set out with {gift}. "[If you go, I go too|I will wait at the path]," <fsaid>, [shaking|and {fhe} held {his} hand].
[There|At last] {he} saw it: a {kind_of}! It [jumped|hid] behind a [rock|tree]. "[Do not hurt me|Please do not shout at me]!" it cried.
| A {kind_of} looked out [from the shadows|with big wet eyes]. "[Go away|Oh no, a child]," it [whispered|squeaked].
? {Hero} had to smile. It was more afraid than {he} was! "[I am {hero}|I will not hurt you]," {he} said. "[I brought you something.|Are you hungry?]"
| "You are afraid of me?" <hasked>. It nodded. {Hero} sat down on the ground and put {gift} [between them|in front of it].
The {monster} [sniffed|came closer, step by step]. "[For me|Is that really for me]?" it asked. Nobody had ever given it a thing.
| [Bit by bit|Slowly] it came out. It took {gift} [very gently|with two fingers] and [smiled|began to cry].
"[Why is there|Do you know about the] {bother}?" <hasked>. It [blushed|looked down]. Then it told the truth: {secret}.
| They talked [for hours|until noon]. And so {hero} heard about the {bother}. It was quite simple: {secret}.
"[That is all|Is that all]?" {hero} laughed. "[We can help you with that|You only need a friend]! Come with me."
| "[Poor thing|Oh, you poor dear]," <hsaid>. "[Come home with me|You should not be alone]."

[At first|When they came into town], people [screamed|ran away] and [hid|shut the windows]. "[Stop|Wait]!" <hcried>. "[It is my friend|It is gentle]!"
| {Friend} ran ahead and told [everyone|the whole town]. {Elder} was the first who [came out|dared to shake its hand].
? Soon they found out that it could {skill}. "[How useful!|What would we do without you?]" <esaid>.
| And it could {skill}! Nobody could do that as well. "[Welcome|Stay with us]," <esaid>.
? The {monster} [danced|laughed], and this time [nobody ran|everyone laughed with it].
| Now there was music in the evening, and the {monster} had [more friends than toes|a place at every table].
? <hglad>
<end>
""",
    "small helps big": """
worlds: woods
kind = mouse|beetle|frog|sparrow|mole|squirrel|hedgehog|lizard|cricket
big = bear|lion|wolf|moose|stag|bull|wild boar
mercy = stepped on the tail of the {big} by mistake|took a crumb from the lunch of the {big}|fell from a leaf onto the nose of the {big}|ran over the back of the {big} while it slept|sang too loudly near the cave of the {big}
trap/way = caught in a hunter's net/{He} bit and cut the ropes one by one|stuck in a narrow cave/{He} dug away the sand with quick feet|tangled in thorns/{He} pulled out the thorns one by one
| tied with a thick rope/{He} worked at the knot until it was loose|trapped under a fallen tree/{He} dug a path under the trunk|caught by one foot between two rocks/{He} pushed small stones under the big one until it moved
topic = the great {big}|{his} big friend
lesson = no act of kindness is wasted|the small can help the great|mercy comes back to you|size does not make a friend
begin:
<open>
Not far away lived a great {big}. [Everyone|All the animals] [feared|ran from] it, because its [voice|roar] shook the [trees|hills].
| In the same woods lived a [huge|mighty] {big}. When it [roared|walked by], even the [rocks|trees] [seemed to shake|trembled].
<Oneday>, {hero} {mercy}. A [big|heavy] foot [came down|pinned {him} to the ground]!
| <Oneday>, {hero} was not careful, and {he} {mercy}. The {big} was [angry|furious]. It [caught|grabbed] {him}!
? <hscared>
"[I could crush you|Nobody wakes me]!" the {big} [roared|growled]. "Please let me go," <hsadly>. "[I will help you one day|One day I may help you too]."
| "Please [spare me|do not hurt me]," <hsaid>. "[I am sorry|It was a mistake]. If you let me go, I will [never forget it|help you when you need me]."
The {big} laughed so loudly that [leaves|nuts] fell from the trees. "You, help me? [You are smaller than my nose|A crumb like you]!" But it [was not hungry|liked {his} courage], and it let {him} go.
| "[You|Help me]?" The {big} had to laugh. "[That is the best joke all year.|What can you do for me?]" Still, it opened its [paw|foot]. "[Run along|Go]," it said, "[before I change my mind|little one]."
| The {big} [blinked|snorted]. "[A {kind} that helps a {big}|You make me laugh]!" it said. It [let|set] {hero} down [in the grass|on a stone], quite gently.
? "[Thank you|I will keep my word]," {hero} called, and {he} <hurry> home. {He} told {friend} about it, but {friend} [did not believe {him}|only shook {fhis} head].
| {Hero} ran home [to {his} {parent}|as fast as {he} could]. "[You were lucky|A promise is a promise]," <msaid>.

[Weeks|Some weeks] [later|went by]. One [dark|cold|windy] night, {hero} heard a [terrible|sad|loud] cry. {He} knew that voice. It was the {big}!
| [Summer|Time] passed. Then, <someday>, a [cry|roar] [rang|went] through the woods. It did not sound [angry|proud], but [afraid|full of pain].
{He} ran to the place. The {big} was {trap}. It [pulled|kicked] and [roared|pulled], but it could not get free.
| "[Do not go|It is too dangerous]!" <fsaid>. But {hero} had given {his} word. {He} found the {big}, {trap}.
? "[It is over with me|Go away, little one]," the {big} [sighed|groaned]. "[Nobody can help me|You cannot help me]." "[Wait and see|Hold still]," <hsaid>.
| "[Do you remember me?|I have come to help,]" <hsaid>. "[You|It is you]?" the {big} [whispered|said]. "[But you are so small.|What can you do?]"
{Way}. It took [all night|hours], and {his} [teeth|feet|little body] [hurt|ached]. But {he} did not stop.
| {Hero} went to work at once. {Way}. {Friend} [came too|held a light] and helped.
? When the sun rose, the {big} was free! It [stood up|shook itself] and [looked|bowed] [down|low].
| [At last|Then], with a [snap|crack|jerk], the {big} was free. It [lay|stood] there, [breathing hard|weak but happy].
"[I laughed at you|I was a fool]," it said, "and you [saved my life|kept your promise]. [You are a true friend|Thank you, small one with the big heart]."
| "[Small friend|Little {kind}]," said the {big}, "I will never laugh at [anyone|a small one] again. [Climb on my back|Come, I will carry you home]!"
? <hglad>
<end>
""",
    "the fallen star": """
worlds: town woods
where = in the tall grass|in the flower bed|on the roof|in a bird's nest|in the hay|at the edge of the pond|in a hollow tree
light = <color> light|soft light|silver light|golden glow
way = a kite on a very long string|a flock of wild geese|the tallest tree on the highest hill|a big soap bubble|a balloon|the night wind and a feather|a swing and a very big push
topic = the little star|a star that winked
lesson = to help someone go home is a gift|good friends can be far away and still near|a small light can make a dark night bright
begin:
<open>
One [clear|quiet|warm|dark] night, {hero} looked out of the window. A star [fell|slid] from the sky and landed {where}!
| One night {hero} could not sleep. [Swish|Whoosh]! Something bright [fell|flew] past {his} window and landed {where}.
{He} [ran|tiptoed] out [in bare feet|in {his} nightshirt]. There lay a tiny star. It [gave|had] a {light} and it was crying.
| There sat a little star, no bigger than [an apple|a button|a plum]. Its {light} [shook|flickered].
| {Hero} [put on|found] {his} boots and followed the {light}. There was a star, [small|round] and [warm|scared], and it [blinked|cried].
"[I fell|I lost my place in the sky]," the star said. "[I danced too near the edge|I leaned out too far to see the sea]. [Now my mother will look for me|I want to go home]."
| "[Are you hurt|Why are you crying]?" <hasked>. "[I want to go home|It is so cold down here]," said the star in a voice like [glass|a tiny bell].
| "[Help me|Please help]," it said in a [thin|silver] voice. "[I slipped on a cloud|I wanted to see the [sea|trees] from near]. [Without me there is a hole in the sky|The sky is too high for me now]."
"[Do not cry|I will help you]," <hsaid>. {He} [put it in a jar|wrapped it in {his} scarf|took it in both hands], and it was as light as <soft_thing>.
| {Hero} [held|took] the star [very gently|like an egg]. It felt [warm|cool] and [it hummed|tickled]. "[We will find a way|You can stay with me until then]," {he} said.

? In the morning the star was [pale|weak]. "[I need the sky|If I stay, my light goes out]," it [whispered|said]. {Hero} <hurry> to {friend}.
| {He} showed it to {friend}. "[A real star|It is so small]!" <fsaid>. "[How do we get it back up?|The sky is so high.]"
? First they threw it as high as they could. [Plop|Bump], it fell [into the hay|on {friend}'s head]. "[Ouch|Not like that]," said the star.
| They tried with [a ladder|a slingshot|a long pole], but it was [too short|no use]. The star grew [paler|weaker] and [paler|weaker].
<hsad> "[We must hurry|It is getting dark]," {he} said.
| They asked {elder}, who knew [much|many things] about the sky. "[You need something that wants to go up|Ask the wind]," <esaid>.
<idea> "[We can use|Let us take|We need] {way}!" {he} said.
| "[I know|I have it]!" <fcried>. "{Way}!"
They waited until [night|the moon came up]. Then, with the help of {way}, the star [rose|went up], [higher|up] and [higher|up].
| That night they [went up the hill|stood in the field], with {way}. "[Ready?|Hold tight.]" "[Ready|Yes]," the star said. And up it went!
| It was [late|midnight] when they tried {way}. The star [shook|glowed], [let go|held on], and [floated|flew] up over the [roofs|trees].
"[Good-bye|Farewell]!" <hcried>. "[Will I see you again?|Do not forget us!]" "[Look up, I will wink|Every night]," the star called.
| The star [grew|became] smaller and brighter, until it was [one among many|back in its place]. A bigger star [moved|shone] close to it. That was its mother.
| {Hero} waved with [both hands|{his} <color> scarf]. "[Shine for us|Visit us in our dreams]!" {he} [called|shouted], and a [tiny|clear] voice sang something that they could not hear.
? {Hero} was <happy> and a little sad. {Friend} took {his} hand, and they [looked up|stood there] for a long time.
| "[Now it is dark here|I miss it already]," <hsaid>. "[Look|There]!" <fsaid>. High above, a star [winked|blinked], <number> times.
<end>
""",
    "music for the forest": """
worlds: town woods
sound_a/sound_b/sound_c = an empty pot/a bunch of keys/a blade of grass|an old bottle/two sticks/a comb and paper|a hollow log/a bag of dry peas/a reed|a broken bucket/<number> spoons/a garden hose
| a wooden box/two flat stones/a big shell|a tin can/a bicycle bell/a rubber band
occasion = the summer feast|{elder}'s birthday|the full moon party|the spring dance|the wedding of two friends|the end of the harvest
topic = the music|the strange little band|songs
lesson = everyone has a sound that is needed|you can make much out of little|it is more fun to play together than to play first
begin:
<open>
It was the day before {occasion}, and there was no music. The [band|fiddler] was [sick|stuck in the mud|far away].
| Soon it would be {occasion}. "[But who will play?|There is no feast without music!]" <esaid>. The [old band|piper] had [moved away|a cold].
"[We could make music|Let us be the band]," <hsaid>. ["With what?" <fasked>|"But we have no drums and no flutes," <fsaid>].
| {Hero} wanted to help. "[I will start a band|I can make music]," {he} said. ["You?" <fasked>|"We cannot play anything," <fsaid>].
<idea> {He} [tapped|hit] {sound_a}. [Boom, boom|Tum, tum, tum]! "[Listen.|Hear that?] A drum!" {he} said.
| {Hero} [looked|walked] around. {He} knocked on {sound_a}. [Dum, dum|Boom, tock], it went. "[That is our drum|See]!" {he} cried.
{Friend} [found|shook] {sound_b}. [Clink, clank|Chick, chack|Rattle, rattle]! "[This sounds like rain|It dances by itself]!" <fsaid>.
| Then {friend} [picked up|tried] {sound_b}, and there was a sound like [hail on a roof|tiny feet|a sleigh].
{Pal} came to see what the noise was. {Pal} [blew|played] on {sound_c}. [Tooo|Squeak|Pheee]! [It sounded like a sick cow|Everyone held their ears], and they all laughed.
| "[Can I join|May I play too]?" asked {pal_full} and [blew|played] on {sound_c}. It [squeaked|hummed|buzzed] [like a bee in a jar|in a funny way].

But together it sounded [awful|like a falling cupboard]. Everyone wanted to be the [first|loudest].
| They began. Oh dear! {Hero} was too fast, {friend} too slow, and {pal} too loud. [The birds flew away|The dogs howled].
? "[Stop|You are too loud]!" <hcried>. "[No, you are|You stop]!" <fsaid>. {Pal} [sat down|threw {sound_c} in the grass]. It was quiet.
| "[This is not music|We will never do it]," <fsadly>. <hsad>
Then {his} {parent}, who had been listening, said, "[Listen to each other|Play as if you were telling one story]. [One begins, the others answer|First soft, then loud]."
| In the quiet they heard [the rain|a cricket|the stream]. "[It never hurries|Hear how it waits]," <hsaid>. "[Let us play like that|Let us listen first]."
So {hero} began, [slow|soft] and steady. Then came {friend}. And at the end of each line came one [small|funny] note from {pal}. It was [music|a real song]!
| They tried it again. {Hero} [kept the time|counted to four], {friend} [played|came in] between, and {pal} [made a tune|added the high notes].
? They practiced [until the stars came out|all night|until their hands hurt].
| [Again|Once] and [again|once more] they played it, until [even the owl nodded|their feet danced alone].

At {occasion}, everyone [danced|clapped along], even {elder}, [with a stick|in big boots|on a chair].
| When they played at {occasion}, [old and young|big and small] danced [until the ground shook|in a long line]. {Elder} threw {ehis} hat in the air.
? "[What is your band called|Who taught you that]?" <easked>. They looked at each other. "The [Pots and Pals|Rattle Band|Noisy Friends|Three Sounds]," <hsaid>.
| "[More, more|Once again]!" they [called|cried], and so the band played <number> more songs.
? <hglad>
<end>
""",
}

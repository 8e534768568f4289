"""Story plots from everyday life: the first day of school, muddy dogs, sleepless nights, an old tree, a picnic thief.

Tables only; the notation is that of `story_script`.
"""
# ruff: noqa: E501 (a line of a table is a beat of a story, however long)

EVERYDAY_PLOTS = {
    "the picnic thief": """
worlds: town woods
food = apple pie|plum cake|berry pie|nut bread|cherry tart|ginger cake|cheese pie|pear cake|honey bread|corn bread
thief/young_ones = squirrel/<number> hungry baby squirrels|raven/<number> loud baby ravens|field mouse/<number> tiny mice|fox/<number> thin fox cubs|magpie/<number> bald chicks|hedgehog/<number> little hedgehogs
clue = <number> tiny footprints|a trail of crumbs|a soft rustle in the leaves|a <color> feather|little tooth marks
topic = the picnic|the hungry {thief}|lunch in the grass
lesson = a thief may only be hungry|it is better to share than to scold|you should look for the reason before you get angry
begin:
<open>
<Oneday>, {hero} and <afriend> [took|carried] a basket to {place}. In it were a [big|fresh|warm] {food}, <treat> and some <fruit>.
| <Oneday>, {hero} [packed|filled] a basket with a [big|fresh|warm] {food} and some <fruit>. Then {he} [called|fetched] {friend}, and they went to {place}.
| "[Let us have a picnic|It is picnic weather]!" {hero} said to {friend} <oneday>. They put a [big|fresh|warm] {food} and some <fruit> in a <color> basket.
? <sky>
They [spread|laid] a <color> [blanket|cloth] on the grass. But when {hero} [reached for|looked for] the {food}, it was gone!
| First they [played tag|picked <flowers>|threw stones in the water]. When they came back, the {food} [had vanished|was gone]!
| {Friend} [turned around|shut {fhis} eyes] for just a minute. And then, where was the {food}? The plate was [empty|bare].
"Did you eat it?" <hasked>. "[No, I did not|Me? No]! Did you?" <fasked>. They [frowned|looked] at each other.
| "[You ate it all|That was mean], {friend}!" <hcried>. "[I did not|It was not me]!" <fcried>.
| {Hero} [looked under|lifted] the [blanket|basket]. {Friend} looked [up|behind a bush]. "[Who could it be?|A thief!]" {fhe} [said|whispered].

Then {hero} [saw|found] {clue}. "[Look|Come]," {he} whispered. They followed the trail [on tiptoe|as quiet as <quiet_thing>] [to a bush|behind a log|to an old wall].
| {Friend} [pointed|tugged at {his} sleeve]. There was {clue}! Step by step, they [crept|went] after it to a [hollow stump|heap of stones|thick hedge].
There sat a {thief} with the {food} in its mouth, and around it were {young_ones}, [all with open mouths|eating and eating].
| And who was there? A {thief}! It was feeding {young_ones} with the {food}.
"[Thief|Give it back]!" {friend} wanted to shout. But {hero} [held up|raised] a hand. "[Look how thin they are|They are hungry]," {he} whispered.
| {Hero} had been [angry|cross]. Now {he} felt <sad> for them. "[It did not steal for fun|It only wanted to feed its babies]," {he} said.
The {thief} [trembled|froze] when it saw them. "[Do not be afraid|You can keep it]," <hsaid>.
| "[I am sorry|Forgive me]," said the {thief}. "[There was no food all week|My little ones cried all night]."
? {Friend} [went|ran] back and got the <fruit> too. "[Here is some more|Share this]," {fhe} said and [put|rolled] them [near|next to] the nest.

They had only [bread|one bun] left, and they [cut|broke] it in two. "[It tastes better than ever|This is enough for us]," <fsaid>.
| "[I am sorry that I blamed you|Forgive me], {friend}," <hsaid>. "[I was wrong|Me too]," <fsaid>. They shared [the last bun|what was left].
? The next [day|week], the {thief} came to {hero}'s [door|window] with a [gift|present]: [a shiny button|a round nut|a lost <color> bead].
? After that, they always [packed|took] [one more|an extra] [bun|cookie|apple] for the {thief}.
? <hglad>
<end>
""",
    "first day of school": """
worlds: town
fear = nobody would talk to {him}|{he} would get lost|the others could all read already|the teacher would be strict|{he} would miss {his} {parent}
teacher/the_he = Mr. <surname>/he|Miss <surname>/she|Mrs. <surname>/she
charm = a kiss in the palm of {his} hand|a small <color> stone|a ribbon around {his} wrist|a photo of the family dog|a button from {his} {parent}'s coat
doing = painted their own names|built a tower as high as the window|sang a song about a whale|planted beans in cups|listened to a story about a bear|drew their homes|counted acorns
topic = school|{his} new friend {friend}|tomorrow's lessons
lesson = new things get easier step by step|everyone is a little afraid on the first day|a smile is a good beginning
begin:
<open>
Tomorrow was the first day of school, and {hero} could not [sleep|eat {his} supper]. What if {fear}?
| {Hero} had a new <color> [bag|coat|pencil box], but {he} was <scared> of school. {He} was afraid that {fear}.
| "I do not want to go to school," <hsadly> at [breakfast|bedtime]. {He} thought that {fear}.
{His} {parent} gave {him} {charm}. "[When you are scared, hold on to it|Then I am always with you]," {mhe} said.
| "[I was scared too|My knees shook], on my first day," <msaid>, and {mhe} gave {him} {charm} [for luck|to keep].
On the way, {hero} [counted {his} steps|held {his} {parent}'s hand tight|walked as slowly as <slow_thing>]. The school was [big|red|loud] and had [a hundred|so many] windows.
| The [yard|hall] was full of [voices|children] and [bags|noise]. <hscared> "[Good-bye|See you at noon]," <msaid>.

"[Welcome|Good morning], {hero}," said {teacher}. {The_he} [had a soft voice|smiled at {him}|wore a funny tie]. "[Here is your seat|This hook is for your coat]."
| {Teacher} [rang a bell|clapped]. "[Find a seat|Come in], all of you!" {the_he} said. {Hero} sat [by the window|in the back row|near the door].
{Hero} [sat|was] very still. Then {he} heard a [sniff|sob] beside {him}. It was a {fkind} named {friend}, and [a tear|two tears] ran down {fhis} face.
| Next to {him} sat {friend}, a {fkind} with [red cheeks|a <color> cap|long sleeves]. {Fhe} looked [even more scared|<sad>] and did not [speak|move].
"[Are you scared too|Is it your first day too]?" <hasked>. {Friend} nodded. "[Me too|So am I]," <hsaid>. {He} [moved closer|smiled at {fhim}], and {friend} [smiled back|stopped crying].
| {Hero} [forgot|lost] {his} own fear. "[Do you want to share my crayons?|You can sit with me at lunch,]" {he} said. {Friend} [smiled a little|wiped {fhis} eyes].
Soon they all {doing}. {Hero} and {friend} [worked|sat] side by side, and they [laughed|whispered] a lot.
| That morning, the children {doing}. "[Well done|How nice], you two!" said {teacher} to {hero} and {friend}.
? At lunch, they [traded|swapped] <treat> for <fruit>, and {friend} [told a joke|could whistle like a <bird>].
? In the yard they [ran|hopped] and [played ball|played horses] with {pal} and [all the others|a boy with a drum].

When the bell rang, {his} {parent} [stood|was waiting] at the gate. "[How was it|Was it bad]?" {mhe} asked. "[Is it over already|Can I go again tomorrow]?" <hasked>.
| At noon, {hero} [ran|flew] out of the door. "{Parent}, [I have a friend|it was great]!" {he} shouted. "[We {doing}|My best friend is called {friend}|I have my own hook for my coat]!"
"[And were you scared|What about your fear]?" <masked>. {Hero} [thought|laughed]. "[Only until I saw somebody more scared|A bit. Then I was busy]," {he} said.
| "And were you scared?" <masked>. "[A little|Only at first]," <hsaid>, and {he} [hopped|skipped] all the way home.
? <hglad>
<end>
""",
    "something new to wear": """
worlds: town
item = glasses|braces on {his} teeth|a very short haircut|a big old coat from {his} cousin|rubber boots with frogs on them|a patch over one eye|a brown sweater from {his} aunt
luck = a lost cat high in a tree, which nobody else had seen|a letter on the floor before the wind took it|a tiny bird that had fallen in the grass|the lost ball in the gutter|a small boy who was stuck behind a door
| {elder}'s lost ring in the leaves
topic = how {he} looked|the kind words of {friend}
lesson = it does not matter how you look|different can be good|real friends look at your heart|those who laugh today may clap tomorrow
begin:
<open>
<Oneday>, {hero} got {item}. {He} looked in the mirror. "[I look funny,|Is that me?|Oh no,]" {he} [said|thought].
| "[There|All done]," <msaid> <oneday>. Now {hero} had {item}. {He} [did not like it at all|wanted to hide].
| It was the day when {hero} had to go to school with {item}. {He} [pulled {his} hat down|walked close to the wall].
At school, {pal} [laughed|pointed]. "[What is that?|Look at {hero}!]" {pal} [cried|called]. Some others [giggled|laughed] too.
| "[Ha, ha|Look], {hero} looks like [an owl|a frog|a scarecrow|a bear]!" {pal} said. [Everyone|The whole class] [turned|stared].
<hsad>
| {Hero} [ran|hid] behind the [school|big tree|shed]. "[I will never come out|I want to go home]," {he} [thought|sobbed].
<Afriend> [found|followed] {him}. "[I like it|It suits you]," {fhe} said. "[You look like a captain|It looks brave|You look wise]."
| {Friend} sat down next to {him}. "[When I got my big shoes, they laughed too|They laughed at my ears once]," {fhe} said. "[It stops|After a week, nobody saw it]."
"[Do you mean that|Really]?" <hasked>. "[Really|Yes]," <fsaid> and [pulled|took] {him} back into the [yard|sun].
| {Hero} had to [smile|sniff]. "[You are only saying that|And then]?" {he} asked. "[Then they found something else|I never lie to you]," <fsaid>.

Just then [there was trouble|people began to shout]. It was {hero} who found {luck}. "[There|Over here]!" {he} called.
| <Later>, {hero} [saw|noticed] something. It was {luck}! "[Look|Help]!" {he} cried, and everyone came running.
"[How did you do that?|You have good eyes!]" said {pal}. "[I would never have seen it|That was great]."
| {Pal} [turned|grew] red. "[I was mean to you|I should not have laughed]," {pal} said. "[I am sorry|You are a hero]."
"[It is all right|Never mind]," <hsaid>. "[I laughed too when I saw it|I look a bit like an owl, it is true]." And they all [laughed|grinned], but this time it was [kind|different].
| {Hero} [shook|took] {pal}'s hand. From then on they were three: {hero}, {friend} and {pal}.
The next [day|week], {pal} [asked|begged], "[Can I try it too|Where can I get one too]?" {Hero} [laughed|smiled].
| At home, {hero} looked in the mirror [again|once more]. "[Not so bad|Hello, you]," {he} said.
? <hglad>
<end>
""",
    "the voice in the hills": """
worlds: town woods
weather: any
bad = Go away|You are silly|I hate you|Be quiet|You are a fool
kindword = Good morning|I like you|Be my friend|Come and play|You are nice
where = hills|mountains|valley|rocks|caves
topic = the voice in the {where}|the echo
lesson = what you call into the world comes back to you|kind words come back as kind words|if you want a smile, give one
begin:
<open>
<Oneday>, {hero} [climbed|wandered] up to the {where}. {He} was in a bad mood, because [{friend} had no time|{he} had lost a game|{his} lunch had burned|nobody wanted to play].
| <Oneday>, {hero} was angry at [{friend}|{pal}|{his} {parent}|the whole world]. {He} [ran|marched] off to the {where}, all alone.
| {Hero} and {friend} had [argued|fought] about a [ball|hat|name]. <Oneday>, {hero} [went|walked] to the {where} to be alone.
"Hey!" {he} [shouted|called]. "Hey!" called a voice from the {where}. {Hero} [jumped|looked around]. "Who are you?" {he} cried. "Who are you?" the voice cried back.
| {He} kicked a stone. "Oh!" {he} cried. "Oh!" cried someone in the {where}. "Who is there?" {hero} called. "Is there?" said the voice.
"{Bad}!" {hero} shouted. "{Bad}!" the voice shouted [back|at once]. {Hero} [stamped|made a fist] and screamed [it|the words] again, and so did the voice.
| {Hero} thought that [someone|a strange child] was making fun of {him}. "{Bad}!" {he} [yelled|screamed]. "{Bad}!" came the answer.
<hsad> {He} ran home.

"There is a [nasty|mean|rude] [child|somebody] in the {where}," {he} told {his} {parent}. "It said to me: {Bad}!"
| {His} {parent} saw {his} [red face|wet eyes]. "What is wrong?" {mhe} asked. "[Someone in the {where} was mean to me|A voice in the {where} hates me]," <hsaid>.
{His} {parent} [smiled|listened and nodded]. "[What did you say first|And who began]?" {mhe} asked. {Hero} [looked at {his} feet|grew quiet]. "[Go back and say something kind|Try it with a friendly word]," {mhe} said.
| "[Hmm|I see]," <msaid>. "[I know that voice|That voice is very old]. [It gives back what it gets|It is as kind as you are]. Try again tomorrow."
So the next [day|morning], {hero} went back. [{Friend} came too|{He} was a bit <scared>]. "Hello!" {he} called. "Hello!" said the voice.
| {Hero} [did not believe it|was not sure]. But {he} went. {He} took a [deep|long] breath. "{Kindword}!" {he} called. "{Kindword}!" [came|rang] the answer.
"{Kindword}!" <hcried>. And from all the {where} it came back: "{Kindword}! {Kindword}!" It [sounded|was] like [a song|a choir|ten friends at once].
| {He} [laughed|giggled], and the {where} [laughed|giggled] too. "Forgive me!" {hero} called. "Forgive me!" said the {where}.

Then {hero} understood. "[It was my own voice|It is an echo]!" {he} said. {He} thought of {friend}.
| "[It was me all the time|It only says what I say]!" <hsaid>. "[That is an echo|Now I see]."
On the way home, {hero} [stopped at|went to] {friend}'s home. "{Kindword}!" {he} said. {Friend} [laughed|smiled]. "{Kindword}!" {fhe} said.
| {He} ran to {friend} and [said something nice|told {fhim} a joke]. And what came back? [A smile|A laugh|A hug]!
? <hglad>
<end>
""",
    "the runaway": """
worlds: town
runaway/food = pig/an apple|goat/a handful of salt|pony/a carrot|calf/a bottle of milk|goose/some corn|donkey/a thistle|sheep/fresh clover|rabbit/a lettuce leaf
damage = ate <number> hats off a market stand|ran through the clean washing|knocked over a tower of pots|drank from the baker's milk|walked into the school and scared the teacher|jumped into the fountain
| sat down in the flower bed|chased the mailman up a tree
topic = the runaway {runaway}|a wild chase
lesson = a calm voice is stronger than a loud one|quiet patience can do more than running|animals need kindness, not shouting
begin:
<open>
On {elder}'s farm there was a {runaway} [with a mind of its own|that loved to run|with one <color> spot]. <Oneday>, [the gate was open|it found a hole in the fence].
| <Oneday>, {hero} helped {elder} with the animals. {He} forgot to [close|shut|lock] the gate, and the {runaway} ran out!
| "[Stop|Catch it]!" someone cried <oneday>. {Elder}'s {runaway} [was loose|had run away]!
[Clip, clop|Hop, hop|Trot, trot], down the road it went. First it {damage}.
| It [raced|danced] into town [with its tail in the air|as quick as <quick_thing>]. There it {damage}.
The [policeman|mayor] ran after it. The [baker|barber] ran after it. A dog [barked|howled], and a [lady|boy] with a <color> [umbrella|bag] screamed.
| Soon {friend}, {pal}, [the mailman|two firemen] and [a whole class|three old ladies] were running behind it, and all of them shouted.
The more they [shouted|ran], the [faster|wilder] it ran. {Friend} [jumped|grabbed] and [fell into a puddle|caught only air|held a bit of hair].
| {Pal} [threw|swung] a rope and caught [a lamp post|the mayor|a chair]. The {runaway} [laughed|shook its head].
"[My poor {runaway}|It will hurt itself]!" <ecried>. <hsad>
| "[What shall we do?|It is too fast,]" <fcried>, out of breath.

{Hero} stood still and looked. The {runaway}'s eyes were [wide|white], and its [legs|sides] shook. "[It is scared|It does not want to be bad]," {he} said.
| <idea> "[Stop, everyone|Please be quiet]!" {he} called. "[You are frightening it|It is afraid of you]."
{He} got {food} and sat down [on the ground|in the middle of the street]. {He} did not look at the {runaway}. {He} only [hummed|whistled] a [low|soft] song.
| Slowly {hero} [knelt|sat] down. {He} held out {food} and [waited|sang very softly]. It became [still|quiet] in the street.
The {runaway} [stopped|turned its head]. It [took|came] one step, and then [one more|another]. [Sniff, sniff|Snuffle, snuffle]. It ate {food} out of {his} hand.
| One minute went by, then [two|five]. The {runaway} [came near|sniffed the air]. It [put|laid] its head on {hero}'s [knee|shoulder] and [sighed|ate].
"[Good {runaway}|There, there]," {hero} whispered and [stroked|patted] its [neck|ears|back]. Then they walked home [side by side|together], without a rope.
| Everyone [held their breath|stared] as {hero} led it home, [past the pots|down the road], with one hand on its neck.

["How did you do that, {hero}?" <easked>|"You have a gift, {hero}," <esaid>]. "[I asked it nicely|I was quiet, so it could be quiet too]," <hsaid>.
| {Elder} [thanked {him}|shook {his} hand]. "[You may come and ride|From now on you can visit] whenever you like," <esaid>.
? They all helped to [clean up|fix] what was broken. <Later>, they [sat|laughed] together and <snack>.
? {Hero} [checked|closed] the gate, <number> times.
<end>
""",
    "left on the bus": """
worlds: town
vehicle/driver = bus/the bus driver|train/the conductor|ferry/the captain|tram/the driver|taxi/the driver
lost = stuffed rabbit|favorite book|best drawing|<color> bag|wooden flute|straw hat|<color> umbrella
goal = visit {his} aunt|see the sea|stay with {friend}|go to the big museum|spend the week with {his} cousins
topic = the long trip|the kind {vehicle} driver|the ride home
lesson = many people are glad to help|it is wise to look back before you leave|it is too soon to give up while you can still try
begin:
<open>
<Oneday>, {hero} and {his} {parent} took a <color> {vehicle} to {goal}. {Hero} had {his} {lost} with {him}.
| <Oneday>, {hero} was on the way to {goal}, by {vehicle}, with {his} {parent}. On {his} lap {he} held {his} {lost}.
| <Oneday>, {his} {parent} called, "[Hurry|Come], the {vehicle} is here!" They wanted to {goal}. {Hero} carried {his} {lost} under {his} arm.
Outside they saw [cows|boats|hills], [chimneys|a windmill|a tunnel] and [a boy on a pony|a field of <flowers>|a very long bridge]. {Hero} [pressed {his} nose to the glass|counted the red roofs].
| {Hero} [looked|gazed] out and saw <number> [horses|towers|white birds] and a [river|castle|farm]. {He} forgot everything else.
"[This is our stop|We are here]!" <msaid>, and they [jumped|climbed] out. The {vehicle} [rolled|drove] away. Then {hero} looked at {his} [empty|two] hands.
| They [got out|stepped down] in a hurry. The doors closed with a [hiss|bang]. And then {hero} [cried|turned white].
"[Oh no|Stop, stop]! I left my {lost} on the {vehicle}!" <hcried>. But it was already [small|far away|around the corner].
| "{Parent}! [Where is it?|I forgot something!] My {lost} is still in there!" <hcried>. They ran and [waved|shouted], but it was too late.
<hsad>

"[Do not give up|Let us think]," <msaid>. "[We will ask at the office|Somebody will find it]."
| {His} {parent} [put an arm around {him}|gave {him} a handkerchief]. "[Let us be clever|There is a place for lost things]," {mhe} said.
At the office sat [a man with a big beard|a woman with red glasses|a girl with a pen behind her ear]. "[What does it look like|Where did you sit]?" was the question. {Hero} [told|described] everything.
| They went to a [little|small] window. A [man|woman] with a [blue|gray] cap wrote it all down: [the time|the seat], [the color|the size], and {hero}'s name.
| Behind a [glass|high] desk, someone [typed|looked] and asked for the [color|size] and the [time|seat]. {Hero} [spoke|answered] in a very small voice.
[Ring, ring|Click]. A phone call [to the next stop|down the line]. "[Yes|I see]," said the voice, "[aha|mm-hm]." {Hero} held {his} breath.
| Then they had to wait. {Hero} [counted the tiles|watched the clock], minute after minute. They <snack>, but {he} [hardly tasted it|was not hungry].
? "[If you do not think of it, it comes faster|Tell me what you saw on the way]," <msaid>.

At last the {vehicle} came back. {Driver} [leaned|looked] out and [waved|held up] something. It was {his} {lost}!
| An hour later, a [horn|bell] [honked|rang]. There stood {driver}. "[Is there a {hero} here?|I think someone missed you,]" {driver} said. And there was {his} {lost}!
"[It sat on the seat all by itself|It had a nice ride]," said {driver}. "[It helped me to drive|It did not even have a ticket]!" {Hero} [laughed|hugged it tight].
| "[Thank you, thank you|You are the best]!" <hcried>. "[A lady in the back row found it|My own child has one too]," said {driver}.
? <hglad>
{Hero} gave {driver} [half of {his} lunch|a drawing|a <flower>]. On the way home {he} [looked back|checked the seat] twice.
| From that day on, before {he} got up, {hero} [looked|checked] left and right and [under the seat|behind {him}].
<end>
""",
    "when the lights went out": """
worlds: town
weather: rain
shadow_a/shadow_b = a rabbit/a crocodile|a swan/a dog|a bird/an old man|a snail/a wolf|a camel/a goat|a butterfly/an elephant
missed = {his} show|the end of the movie|playing {his} game|reading about pirates|{his} bath
topic = shadows on the wall|the night with no light
lesson = the dark can be full of fun|you do not need much to have a good time|being together is the best light
begin:
<open>
It was a {day} [evening|night]. <rain> {Hero} was in the middle of {missed} when [click|puff|zap], all the lights went out!
| One {day} [evening|night], {hero} was busy with {missed}. <rain> Then there was a [bang|crack|flash], and it was dark, [in the house|everywhere].
| {Hero} loved {missed} on {day} evenings. But then the wind [hit|shook] the house, and the lights [blinked|jumped], once, twice, and [died|were gone].
"[Hey|Oh no]!" <hcried>. "[Who did that?|I cannot see a thing!]" {He} [bumped into a chair|stepped on the cat|felt for the wall].
| <hscared> "{Parent}, [where are you|what happened]?" {he} called.
"[I am here|Stay where you are]," <msaid>. "[The storm broke a line|The whole street is dark]." {Mhe} [found|lit] a [candle|lamp], and [warm|yellow] light [danced|fell] on the walls.
| A match [scratched|hissed]. {His} {parent}'s face [glowed|smiled] above a candle. "[Only the storm|It will come back]," {mhe} said.
"[And now|What now|Oh, what a night]," <hsadly>. "[It is so boring.|What can we do in the dark?]"
| "[How long will it take|When will it be over]?" <hasked>. "[Nobody knows|Maybe all night]," <msaid>. <hsad>

There was a knock. It was <afriend> with [a flashlight|a blanket] and [<treat>|a big grin]. ["Can I stay with you?" <fasked>|"We have no light either," <fsaid>].
| {Friend} from next door came in, [wet|with wet hair]. "It is spooky at home," {fhe} said. "[May I sit with you|Can I stay here]?"
<idea> {He} held {his} hands in front of the [candle|light]. On the wall there was {shadow_a}!
| Then {friend} [moved|lifted] {fhis} hands in the candle light. "[Look|Watch], {shadow_a}!" {fhe} said. It [hopped|wiggled] over the wall.
"[Oh|Do it again]!" said {friend} and made {shadow_b}. It [opened|closed] its mouth and [ate|bit] the lamp. They [shrieked|laughed].
| {Hero} tried, and it became {shadow_b}. It [chased|met] {friend}'s shadow [across the wall|up to the ceiling], and they [fought|danced].
{His} {parent} told a story, and they [made|played] it on the wall: [a king|a witch|a pirate], [a ship|a bridge|a mountain] and a [dragon|ghost] with <number> heads.
| They told stories in turn, [each|every one] [sillier|scarier] than the last. Outside the thunder [clapped|drummed] as if it [liked them|had bought a ticket].
| {Hero} was the [king|wolf|sailor], {friend} was the [queen|lamb|whale], and the shadow of {his} {parent} was a [storm|giant|tower].
? They [ate|shared] <treat> by candle light. It tasted [better|more secret] than in the day.
? "[Listen|Shh]," <hsaid>. Without the [radio|fridge|machines], they could hear [the rain|the clock|their own hearts].

[Click|Zap|Pling]! The lights came back. Everything was [bright|loud]. They [blinked|looked at each other].
| Then, all at once, the lamps were on again. "[Oh|What a pity]," <fsaid>.
["Can we turn them off again?" <hasked>|"Please, five more minutes of dark," <hsaid>]. {His} {parent} [laughed|winked], and [click|snap], it was dark.
| {Hero} [got up|walked to the switch] and turned off the light. "[Where were we?|Go on with the story,]" {he} said.
? <hglad>
<end>
""",
    "the muddy dog": """
worlds: town
dog = Spot|Rags|Biscuit|Bingo|Socks|Rover|Bubbles|Max
size = big brown|small white|shaggy gray|long black|round yellow|spotted
where = jumped into the pond|rolled in the mud|dug a deep hole in the flower bed|ran through the paint|chased a frog into the swamp
topic = {dog}|a clean, dry dog|soap bubbles
lesson = work can be as much fun as play|it is easier when you make it a game|a bit of dirt is no reason to be angry
begin:
<open>
{Hero} had a {size} dog <named> {dog}. <Oneday>, {dog} {where}.
| {Hero}'s best pal was {dog}, a {size} dog [with a wet nose|with floppy ears|that loved mud]. <Oneday>, {dog} {where}.
"[Look at you|Oh, {dog}]!" <hcried>. {Dog} [wagged|shook], and [mud|dirt] flew on the [wall|door|washing] and on {hero}'s [nose|shirt].
| {Dog} came [home|in] [proud and happy|with muddy feet]. There were [brown|dark] prints on the [stairs|sofa|clean floor], <number> of them.
"This dog needs a bath," <msaid>, "[before aunt Emma comes|right now|before supper]." When {dog} heard the word bath, {dog} [ran|was gone].
| {His} {parent} [pointed|frowned]. "[A bath|Soap and water], please, [at once|now]!" {mhe} said. {Dog} [hid|crawled] under the [bed|table|car].

{Hero} [pulled|called]. {Dog} did not [come|move]. {He} [pushed|begged]. {Dog} only [yawned|closed one eye].
| {He} ran after {dog}, [around the table|through the garden], [over the fence|under the bench] and [back again|into the kitchen]. {Friend} [laughed|saw it] and came to help.
They filled a tub with [warm|hot] water and [soap|foam]. {Hero} held the [head|front], {friend} held the [tail|back]. [One, two|Heave], splash! Who was in the tub? {Hero}!
| "[I have him|Got you]!" {friend} cried and [grabbed|caught] {dog}. {Dog} [slipped|wriggled] away like [soap|a fish], and {friend} [sat|landed] in the tub.
<hsad>
| "[We will never do it|I am wetter than the dog]," <hsadly>.

<idea> {He} [got into|climbed into] the tub and began to [splash|play|sing]. "[Oh, this is so much fun|What a pity that dogs cannot come in]," {he} said loudly.
| "[Do not chase|Let us not run after {dog} any more]," <fsaid>. "[We will play without {dog}|Let us have fun, and {dog} will come]." They blew [bubbles|foam] [high|into the air].
{Dog} [looked|peeked] out. One ear [went|came] up. [Closer|Nearer] and [closer|nearer] came {dog}. And then, [splash|plop], {dog} jumped in, all alone!
| {Dog} could not stand it. {Dog} [sniffed|barked] at a bubble. [Pop|Puff]! Then {dog} [took a run|gave a bark] and jumped right in!
They [scrubbed|rubbed] and [sang|laughed]. The water turned [brown|black], and the dog turned [clean|bright] again.
| {Hero} [washed|scrubbed] the ears, {friend} the [feet|belly]. {Dog} [licked|kissed] them both.
Then {dog} shook [from nose to tail|long and hard], and everyone was [wet|soaked], even {his} {parent}. {Mhe} [looked stern|gasped], and then {mhe} [laughed|had to laugh].
| "[A clean dog|Bravo]," <msaid>, "[and two clean children|but look at the floor]!" They [mopped|dried] it together.
? <hglad>
That night, {dog} slept [on {hero}'s feet|by the stove], and smelled of [roses|lemon|soap].
| And the next day? {Dog} {where} again. "[Bath time|Into the tub]!" they [cried|sang].
<end>
""",
    "ants on a leaf": """
worlds: town woods
tiny = ants|ladybugs|beetles|snails|bees|caterpillars|crickets
rescue = a big leaf|a long straw|a piece of bark|an empty nut shell|a thin stick
loss/found = {his} {parent}'s silver ring/under a root|a tiny <color> bead from {friend}'s necklace/between two stones|the key to the garden/deep in the grass|{his} loose tooth/in a crack in the path
| a gold button from {his} coat/under a dry leaf|the smallest piece of the puzzle/inside a flower
topic = the tiny helpers|a line of {tiny} in the grass
lesson = no one is too small to be helped or to help|kindness comes back when you least expect it|you should look where you step, for the world is full of little lives
begin:
<open>
<Oneday>, after a [heavy|long] rain, {hero} [walked|skipped] to {place}. In a [puddle|ditch] {he} saw some {tiny}. They [were in trouble|could not get out]!
| <Oneday>, {hero} and {friend} were [playing|walking] near {place}. A [puddle|stream of water] had cut off a group of {tiny} from their home.
| <Oneday>, {hero} [knelt|bent] down to tie {his} shoe. There, in a [footprint|bucket] full of water, some {tiny} [struggled|paddled].
"[They are only {tiny}|Come on, who cares about {tiny}]," said {pal}. "[But they are afraid|They want to live too]," <hsaid>.
| {Pal} wanted to [go on|jump in the puddle]. "[Wait|Stop]!" <hcried>. "[Can you not see them?|They are so small!]"
{He} [found|took] {rescue} and [laid|put] it [across|in] the water like a [bridge|boat]. One by one, the {tiny} [climbed|crawled] [onto it|over].
| With {rescue}, {he} [made|built] a bridge. "[This way|Come], little ones," {he} said. It took a long [time|while], but {hero} [waited|held still] until the last one was [dry|safe].
| [Gently|Slowly], {he} [lifted|carried] them out on {rescue}, <number> at a time.
? It seemed to {him} as if they [bowed|waved] before they [went|marched] off.
? "[You are so kind to everyone|You have a big heart], {hero}," <fsaid>.

[A week|Some days] later, something bad happened. {Hero} lost {loss}!
| Then, <someday>, {hero} [cried|was in trouble]. {He} had lost {loss}, [somewhere|out] in the grass near {place}.
{He} [looked|searched] [for hours|all day], on hands and knees. {Friend} helped. {His} {parent} helped. [Nothing|They did not find it].
| {Hero} turned over every [stone|leaf]. {Friend} [combed|brushed] the grass. "[It is like a needle in the hay|We will never find it]," <fsadly>.
<hsad>
Then something tickled {his} [foot|hand]. It was one of the {tiny}! It [ran|went] in a circle, and then [straight ahead|toward the trees]. "[Follow it|It wants to show me something]," {hero} whispered.
| A line of {tiny} [came|crossed] in front of {him}. They did not go [left or right|away]. They [waited|turned] as if to say, "[Come with us|This way]."
| {Hero} was about to [cry|give up] when <number> {tiny} came [out of the grass|over {his} shoe]. They [danced|ran] around and around, as if they [called|wanted to speak].
{He} [crawled|went] after it, and there, {found}, was {loss}!
| They led {him} [past a root|around a stone]. Something [shone|glittered]. {Found} lay {loss}!
"[Thank you, little friends|You remembered me]!" {hero} [whispered|said]. {Pal} [stared|could not believe it]. "[I will never step on {tiny} again|I was wrong about {tiny}]," said {pal}.
| "[Did the {tiny} really help you?|That is not possible!]" said {pal}. {Hero} only [smiled|shrugged]. "[I helped them, and they helped me|We are friends]," {he} said.
? {He} left [a drop of honey|some sugar|a few crumbs] for them [by the path|on {rescue}].
? <hglad>
<end>
""",
    "the fish that spoke": """
worlds: town woods
fish = <color> fish
gifthelp/how = {his} hat blew into the deep water/with the hat on its head|{his} {parent}'s boat lost its way in the fog/and swam ahead to show the way|{friend} fell out of the boat/and carried {fhim} to the shore
| {hero} dropped {his} only key in the lake/with the key in its mouth|the paddle of {his} boat floated away/and pushed the paddle back
topic = the {fish}|the deep blue water
lesson = a good deed swims back to you|mercy is never wasted|it is good to let others be free
begin:
<open>
<Oneday>, {hero} [sat|went] fishing with {his} {parent}. For a long time [nothing happened|the water was still]. Then something [pulled|tugged]!
| <Oneday>, {hero} sat on the [bank|shore] with a [rod|net]. The water [was like glass|sparkled]. [Hop|Zip], there was a pull on the line!
| {Hero} was hungry. <Oneday>, {he} took {his} [rod|net] and [went|walked] down to the [water|lake]. Soon there was a [tug|splash].
It was a {fish}, [as long as {his} arm|with bright scales|with round eyes]. "[Please|Oh, please], let me go," it said. "[I have <number> children|The water is my home|I want to see my family again]."
| {He} pulled out a {fish}. It [shone|glittered] like [a jewel|glass|a rainbow]. "[Spare me|Do not eat me]," it said, "[and I will not forget it|and I will be your friend]."
"[You can talk|A fish that speaks]!" <hcried>. {He} was so surprised that {he} [almost dropped it|forgot {his} hunger].
| {Hero} [looked|stared] at it. {His} tummy [growled|was empty]. But the fish had [such sad eyes|tears in its eyes].
"[Go home to your family|Swim away], then," {he} said and [opened {his} hands|put it back]. [Splash|Plop]! The fish [turned|jumped] once and was gone.
| Very gently, {he} [took out the hook|opened the net]. "[Take care|Watch out for hooks]," {he} said. With a [flick|wave] of its tail, it [dived|swam] away.
"[You let it go|Where is our supper]?" {friend} asked. "[It asked me so nicely|It had a family]," <hsaid>. They ate [bread and berries|plain soup] that night.
| At home there was only [soup|bread]. "[No fish|Nothing]?" <masked>. "[I caught a friend|I will tell you a story instead]," <hsaid>.

[Weeks|Days] went by. Then, <someday>, {gifthelp}.
| [A month|Some time] later, they were [at|on] the [lake|water] again. And then {gifthelp}!
"[Help|Oh no]!" <hcried>. The water was [deep|cold] and [dark|wild]. {Hero} did not know what to do.
| <hscared> There was nobody [around|near], [only water and sky|no boat, no rope].
Then something [shone|flashed] in the water. It was the {fish}! It came {how}.
| But look! [There was a splash|A ring of light came closer]. The {fish} came up {how}.
"[I did not forget|You gave me my life], little friend," said the fish. "[Now we are even|Call me when you need me]."
| "[You|It is you]!" <hcried>. The fish [smiled|blew a bubble]. "[One good turn deserves another|I said I would not forget]," it said.
{Hero} [waved|bowed]. <Number> small fish [jumped|danced] around the {fish}. "[My children|These are my little ones]," it said [proudly|with pride].
| From then on, {hero} went to the water each [week|evening], not to fish, but to [talk|bring crumbs|hear the news of the deep].
? <hglad>
<end>
""",
    "a pet to care for": """
worlds: town
wish = dog|cat|pony|parrot|rabbit|goat
proof/task = a snail in a jar/find fresh leaves|the neighbor's hamster/clean the cage|a plant with tiny leaves/water it|an egg with a painted face/keep it safe|a goldfish in a bowl/change the water|the class turtle/wash its shell
petname = Star|Lucky|Muffin|Cloud|Pepper|Mango
topic = {petname}|a {wish} of {his} own
lesson = to love a pet is to care for it each day|trust is earned bit by bit|big wishes begin with small duties
begin:
<open>
{Hero} had one [big|great] wish. {He} wanted a {wish}. {He} [drew it|dreamed of it|talked of it] every day.
| "[Can I have a {wish}?|I wish I had a {wish},]" {hero} said at [breakfast|lunch], and at [supper|bedtime], and [in between|in {his} sleep].
"A {wish} is a lot of work," <msaid>. "[It must eat every day|You cannot put it on a shelf|It needs you in the rain too]."
| {His} {parent} [rubbed {mhis} chin|sighed]. "Who will feed it when you are [<tired>|at school|with your friends]?" {mhe} asked.
"[I will do it all|I promise]!" <hcried>. "[Show me|Let us see]," <msaid>. "Take care of {proof} for a month."
| "[I can do it|Give me a chance]!" <hsaid>. So {his} {parent} gave {him} {proof}. "[One month|Four weeks]," {mhe} said. "[Then we will talk|If all goes well, we will see]."
"{Proof}?" {hero} thought. "[That is not a {wish}|How boring]." <hsad>
| {Friend} laughed. "{Proof} is not a {wish}!" {fhe} said. "[It is a start|I know]," <hsaid>.

On the first day, it was [fun|easy] to {task}. On the [fifth|third] day, it was [not so much fun|less fun]. On the tenth day, {hero} [almost forgot|wanted to stop].
| Every [morning|evening] {he} had to {task}. When it [rained|was cold], {he} had to {task}. When {friend} [called|wanted to play], {he} had to {task} first.
| The first week was [easy|fun]. In the second week {hero} [yawned|sighed]. In the third week it rained, and {he} [grumbled|got up late], but {he} did not forget to {task}.
One night, {hero} was already in bed. "[Oh no|I forgot]!" {he} [thought|said]. {He} got up in the dark [to {task}|and did it, half asleep].
| "[Come out, we are playing ball|Leave it for today]!" {friend} called. {Hero} looked [at the sun|outside]. "[In a minute|First I must {task}]," {he} said.
Bit by bit, {he} [liked|loved] it. {He} [gave it a name|said good night to it|sang to it].
| And the funny thing was, {hero} began to [like|enjoy] it. {He} [told it about {his} day|worried about it at school].

When the month was over, {his} {parent} said, "[You did it|You did not miss a day]. [Close your eyes|Come with me]."
| On the last day, {his} {parent} [looked|nodded]. "[You can be trusted|I am proud of you]," {mhe} said. "[Look in the yard|Open the door]."
| [Thirty days|Four weeks] had gone by. {His} {parent} [took {his} hand|put on {mhis} coat]. "[It is time|I have seen enough]," {mhe} said [with a wink|and smiled].
And there it was: a [small|young] {wish} with a <color> [ribbon|spot]! {Hero} [could not speak|laughed and cried]. "I will call you {petname}," {he} [whispered|said].
| Something [warm|soft] [touched|bumped] {his} [hand|leg]. It was a [little|young] {wish}! "[Hello|Welcome], {petname}," {hero} [whispered|said].
? <hglad>
{Hero} took care of {petname} each day, in sun and [rain|snow]. And {he} did not [forget|give up] {proof} [either|for all that].
| "[I know what to do|I have had practice]," {he} told {petname}, and it was true.
<end>
""",
    "too awake to sleep": """
worlds: town woods
weather: any
count = sheep|stars|frogs|geese|clouds|rabbits
try_a = stood on {his} head|turned the pillow around|drank a glass of warm milk|ate a bit of <treat>|put on two pairs of socks|walked up and down
thought = tomorrow's trip to {place}|the noise of the wind|the game with {friend}|the big spider in the hall|the song of the day|the hole in {his} sock|the next birthday
soft = rain on the roof|the old clock|the wind in the trees|the sea far away|a cricket in the grass
topic = {soft}|clouds and feathers
lesson = sleep comes when you stop chasing it|quiet thoughts make heavy eyes|a calm heart finds its rest
begin:
<open>
One night, {hero} could not sleep. {He} turned [left|to the wall] and {he} turned [right|to the window]. {He} thought of {thought}.
| It was late, but {hero} was [wide awake|as awake as an owl]. {He} could not stop thinking of {thought}.
| "Good night," <msaid>, and it was dark. But {hero} lay there with [open|wide] eyes and thought of {thought}.
{He} [tried to count|counted] {count}. One, two, three. The {count} [began to dance|told jokes|ran in all directions], and {hero} was more awake than before.
| "I will count {count}," {he} said. But at <number> the {count} [got mixed up|flew away|wanted a drink].
Then {he} {try_a}. [It did not help|That was no use|Now {he} was even more awake].
| {He} got up and {try_a}. [Back in bed|After that], {he} was [cold|hot] and [still awake|not sleepy at all].
"[Sleep|Go to sleep], {hero}!" {he} told {himself}. [But the more {he} tried, the less it worked|{His} feet wanted to run].
| {He} [woke up|whispered to] {friend}, who was [staying the night|sleeping next to {him}]. "[Are you asleep|How do you do it]?" "[I was|Mmm]," <fsaid>, and {fhe} [snored|slept on].
<hsad>

The door [opened|creaked]. "[Still awake|Can you not sleep]?" <masked>. "[My head is too full|Sleep does not like me]," <hsaid>.
| "{Parent}," {hero} called softly, "[I cannot sleep|the night is too long]." {His} {parent} [came|sat down on the bed].
"[Sleep is like a cat|Sleep is shy]," <msaid>. "[If you chase it, it runs away|If you lie still, it comes by itself]. [Listen|Just listen to the night]."
| "[Let us put your thoughts in a box|Give me your thoughts one by one]," <msaid>. {Hero} [named|gave] {mhim} {thought}. "[Safe till morning|I will keep that for you]," {mhe} said.
{Hero} lay still. {He} heard {soft}. It went [on and on|up and down], like [a boat|a swing|breathing].
| "What do you hear?" {mhe} whispered. {Hero} listened. "{Soft}," {he} said. "[And what else|And behind that]?" {mhe} asked. "[Only quiet|My own breath]," <hsaid>.
{His} feet grew [warm|heavy]. {His} [arms|hands] grew [heavy|soft]. Even {his} [nose|ears] grew <tired>.
| {He} thought of [a feather|snow|a boat] that [sank|floated] [down, down|slowly, slowly]. {His} eyes [closed|fell shut], just for a moment.
? "[Are you asleep?|Good night,]" {his} {parent} whispered. There was no answer.
When {he} opened them again, [the sun|it] was [bright|morning]. "[Did I sleep|How did I sleep]?" <hasked>. "[Like a stone|Like a bear in winter]," <msaid>.
| And the next thing {he} knew, the [birds|bees] were [singing|awake], and [the smell of <treat>|a sunbeam] [tickled|was in] {his} nose.
? <hglad>
<lesson_line>
""",
    "the old tree": """
worlds: town woods
tree = oak|chestnut tree|walnut tree|apple tree|willow|linden tree|pine
reason = a road was to be built|it was in the way|someone wanted its wood|it was old and had no leaves on one side|a parking lot was planned
memory = {his} {parent} had climbed it as a child|{friend} had hidden in it <number> times|birds had slept in it for a hundred years|they had all sat in its shade on hot days
topic = the old {tree}|leaves that whisper
lesson = one small voice can save a great thing|old things are full of life|together we can protect what we love
begin:
<open>
Near {place} stood an old {tree}. It was so [thick|big] that <number> friends could [just|hardly] reach around it, and {memory}.
| {Hero}'s favorite spot was [under|in] the old {tree}. It was a good place [to read|to dream|for secrets], and {memory}.
| Everyone loved the old {tree} near {place}. {Hero} [called it|thought of it as] a friend, for {memory}.
<Oneday>, there was a [red cross|yellow mark|sign] on its trunk. The {tree} was to be cut down, because {reason}.
| <Oneday>, [men|strangers] came with [saws|axes] and [ropes|a long list]. "The {tree} must go," they said, for {reason}.
| But <oneday>, {hero} [heard|read] the bad news: the {tree} had to go, because {reason}.
"[No|You cannot do that]!" <hcried>. "[It is alive|It is our friend]!" "[I only do my job|Tomorrow at noon]," said the man with the saw.
| <hsad> {He} [put|laid] {his} cheek against the [bark|trunk]. "[I will not let them|I will help you]," {he} whispered to the {tree}.

{He} told {friend}. {Friend} told {pal}. "[But we are small,|What can we do?]" said {pal}. "[We are many|We can ask everyone]," <hsaid>.
| <idea> {He} ran [from door to door|all over the place] with {friend}. "[Do you know the old {tree}?|Come and help the {tree}!]" {he} called.
They [painted|made] [signs|flags], with [hearts|leaves] and [big|<color>] letters. "[Save our {tree}|Let it live|Trees need friends]," they said.
| {Friend} [wrote|made up] a song about the {tree}, and {pal} [beat|played] a drum. People [opened|looked out of] their windows.
{Elder} [remembered|told] how {ehe} had [danced|slept|read {ehis} first book] under its branches. "[I am coming|My old legs can still stand]," <esaid>.
| "[I was born in its shade|My swing hung on that branch]," <esaid>, and {ehe} [put on|took] {ehis} hat and came.
The next day at noon, there was a ring around the {tree}: {hero}, {friend}, {pal}, {elder}, and [so many more|half of the town|even the dogs]. They held hands.
| When the men came back, they could not [see|get to] the {tree}. [All around it|In a ring] stood [big and small|young and old], hand in hand.
| [Noon|Twelve o'clock] came, and so did {friend} and {pal}, and [the baker|the whole school], and {elder} with a chair. They made a [wall|chain] around the {tree}.
? A <bird> [sang|sat] on the highest branch. Its nest was [there|full of eggs]. "[Look|You see]," <hsaid>, "[it is a home too|somebody lives here]."
The man [put down|looked at] his saw. He [scratched his head|was quiet] for a long time. "[I climbed trees like this once|I have children too]," he said. "[We will go around it|It can stay]."
| "[Hmm|Well]," said the man with the saw. He [looked up|touched the bark]. "[It really is a fine tree|I did not know that so many love it]. [Let us find another way|We can go around it]."
| For a long [while|time], the man with the saw [said nothing|looked at {hero}]. Then he [smiled|took off his hat]. "[I cannot do it|My mother had such a tree]," he said, and he [went away|sent his men home].

How they [cheered|danced]! <hglad>
| "[Hooray|It can stay]!" they [shouted|cheered], and they <snack> under the branches.
In spring, [young|green] leaves came, even on the [old|bare] side. {Hero} [planted|put] a [nut|seed] from the {tree} nearby, so that it would [not be alone|have a child].
| The wind [went|blew] through the leaves, and it sounded like [thank you|soft clapping|an old song].
| {Hero} [sat|climbed] up in the branches and [told|read] the {tree} a story about [a forest|the sea|birds].
<end>
""",
    "two on a bridge": """
worlds: woods
load_a/load_b = a basket of nuts/a bag of roots|a pot of soup/a jar of honey|a bundle of sticks/a roll of grass|a pumpkin/a melon|a lamp/a bed
cross = narrow bridge|thin log over the stream|swinging bridge|row of stones in the river
topic = the {cross}|a bath in the cold stream
lesson = giving way is not losing|a kind word clears the path|being stubborn gets you wet
begin:
<open>
<Oneday>, {hero} carried {load_a} over the {cross}. In the middle {he} met {friend_full}, who came from the other side with {load_b}.
| Over the stream there was only a {cross}, not wide enough for two. <Oneday>, {hero} came from the left with {load_a}, and {friend_full} came from the right with {load_b}.
"[Go back|Let me pass]," <hsaid>. "[You go back|I was here first]," <fsaid>. "[I am in a hurry|My load is heavier]." "[So is mine|Me too]!"
| "[Move|Out of my way]!" <hcried>. "[I will not|Never]!" <fcried>. "[I was first on the bridge|I live closer]," they both said.
They [stood|stayed] there, [nose to nose|face to face], and nobody [moved|gave way]. The [sun|shadow] moved. A [cloud|leaf] went by.
| {Hero} sat down. {Friend} sat down too. "[I have time|I can wait all day]," {hero} said. "[I can wait all week|Me too]," <fsaid>.
{Elder} [looked down|called from the bank]. "[It takes only one step back|One of you must be wise]," <esaid>. They did not listen.
| A [snail|duck] passed below. "[How silly they are|Do they live up there now]?" it [asked|thought].
Then {hero} [pushed|shoved] a little, and {friend} [pushed|shoved] a little more. They [swayed|slipped], and [splash|plump], both of them were in the cold water!
| It [began to rain|got windy]. The {cross} was [wet|slippery]. {Hero} [stamped|shook a fist], and {friend} did too. And then, [whoops|splash], they fell in!

{Load_a} [floated|swam] [left|away], {load_b} [floated|swam] [right|after it]. They came up [coughing|dripping], with [weeds on their heads|water in their ears].
| Up came {hero} with [a frog|weeds] on {his} head. Up came {friend} with [mud on {fhis} nose|a lily on {fhis} ear]. They looked at each other.
And then they began to laugh. They laughed until [the frogs jumped|their bellies hurt]. "[You look like a wet broom|You have a fish in your pocket]!" <fsaid>.
| "[Now neither of us is dry|That was clever of us]," <hsaid>. {Friend} [grinned|giggled], and then they both laughed out loud.
"[Give me your hand|Come, I will pull you out]," <hsaid>. They [fished|pulled] out {load_a} and {load_b}, and they helped each other [up the bank|to dry off].
| {Friend} [caught|saved] {load_a}, and {hero} [caught|saved] {load_b}. "[Here is yours|I believe this belongs to you]," they said politely.
They [lit a fire|sat in the sun] until they were dry, and they [shared what was left|told each other where they had been going].
| "[I wanted to bring it to my {parent}|It is a present]," {hero} said. "[So is mine|Mine is for a sick friend]," <fsaid>. So they [went together|helped each other carry].
The next time they met on the {cross}, both stepped back. "[After you|You first]," <hsaid>. "[No, after you|Please, you go first]," <fsaid>. It took [just as long|an hour], but it was much more fun.
| After that they [put up|made] a [sign|rule]: Who [comes from the left|carries more] goes first. And {friend} and {hero} became [good|best] friends.
? <hglad>
<end>
""",
}

"""Story plots that play outdoors: things stuck in trees, seeds, boats, races, treasure and snow.

Tables only; the notation is that of `story_script`.
"""
# ruff: noqa: E501 (a line of a table is a beat of a story, however long)

OUTDOOR_PLOTS = {
    "stuck up high": """
worlds: town woods
thing = kite|ball|hat|balloon|paper plane|scarf|feather ball|ribbon
prize = <color> {thing}
up/from = in a tall tree/the branch|on the roof of a shed/the roof|on top of a high wall/the wall|in the top of a hedge/the hedge|on an old tower/the tower|on a steep rock/the rock
tool = a long stick|a fishing rod|a rope with a hook|an old ladder|a long broom|a rake
topic = the {prize}|the {prize} in the blue sky
lesson = asking for help is smart, not weak|many hands and heads can solve a problem|there is always one more way to try
begin:
<open>
{Hero} had a [new|very fine|special] {prize}. {His} {parent} had [made it|given it to {him}|found it at the market].
| {He} [owned|had] a {prize}, and {he} [loved|liked] it more than <treat>.

<Oneday>, {hero} took the {thing} to {place}. <sky>
| <Oneday>, {he} played with the {prize} [near|by] {place}. <sky>
Then a [strong|sudden|cheeky|big] wind [came|blew] and [carried|took|swept] the {thing} away. It [landed|got stuck] {up}.
| But the {thing} flew too [high|far], and [oh no|oh dear], it [landed|stuck|was caught] {up}.
| Up it went, [higher and higher|over {his} head|round and round], and it [came down|stayed] {up}.
{Hero} [jumped|hopped] [<number> times|as high as {he} could], but {he} could not reach it.
| {He} [threw a stone|shouted|blew] at {from}. Nothing [moved|happened|fell down].
| <try_hard> But {from} was too high.
? <hsad>

<Afriend> came [by|along]. "Why are you [sad|crying|jumping]?" <fasked>. "My {thing} is {up}," <hsadly>.
| "What is the matter?" <fasked>. It was <afriend>. {Hero} pointed. "My {prize} is {up}," {he} said.
? "[Let us try together|Climb on my back|I will lift you]," <fsaid>. {Hero} [climbed|stood] on {friend}'s [back|shoulders]. They [swayed|shook], and [plop|bump], they fell into the [grass|leaves|mud].
| {Friend} [shook|pushed|kicked] {from}, but only [a leaf|dust|a nut|some water] fell on {fhis} [head|nose].
They looked at each other and [laughed|giggled]. "[That did not work|We need something long|Let us think]," <fsaid>.
| "Do not give up," <fsaid>. "[We only need to be a little taller|Think, think, think]."
<idea> {He} [ran|hurried] home and came back with {tool}.
| "[Let us ask {elder}|{Elder} may know what to do]," <hsaid>. {Elder} [smiled|nodded] and [lent|gave] them {tool}.
{Hero} held {friend} [tightly|by the feet], and {friend} [reached|stretched] up with {tool}. [A little more|Higher|Almost], [and then|there], the {thing} came [loose|down]!
| With {tool} they [poked|pulled|pushed] [gently|once, twice, three times]. The {thing} [slid|floated|fell] down from {from}, right into {hero}'s arms.
? "[We did it|Hooray|Got it]!" <hcried>.
? <hthanks>
? They took turns with the {prize} until [supper|the sun went down|it was dark].
| Then they [tied a string to it|went to an open field|held on tight], and they played [until supper|all day|till the stars came out].
<end>
""",
    "the slow seed": """
worlds: town woods
kind_of/grown = a sunflower/a sunflower as tall as {his} {parent}|a pumpkin/a big, round pumpkin|beans/a bean plant full of pods|a melon/a sweet, striped melon
| a rose/a rose bush with <number> red flowers|peas/sweet green peas|a carrot/a long orange carrot|a tomato/a bush of red tomatoes|corn/tall yellow corn
giver = {elder}|{his} {parent}|an old gardener|a bird with a bright tail
topic = {grown}|tiny green leaves
lesson = good things take time|you must wait and care for what you love|small beginnings can grow big|patience pays off
begin:
<open>
<Oneday>, {giver} gave {hero} a [tiny|little|small|round] seed. "[Plant it|Put it in the ground] and wait," [were the words that came with it|{he} was told].
| <Oneday>, {hero} got a [small|brown|flat] seed from {giver}. "It will be {kind_of} one day," {he} was told.
{He} [dug|made] a hole in the [soft|dark|cool] earth [behind the house|by the fence|near the door|under the window] and [dropped|put] the seed in.
| {Hero} [found|chose] a sunny spot, dug with [a spoon|{his} hands|a stick] and [covered|tucked in] the seed as if it were a baby.

The next morning {he} [ran|hurried] out. Nothing! "[Grow|Come out|Wake up], seed!" <hcried>.
| {He} [sat|waited] beside it [all day|until supper]. "Why does it not grow?" <hasked>.
? {He} [sang to it|told it a joke|read it a story|danced around it]. The seed [slept on|did not care|said nothing].
| {He} wanted to dig it up [and look|to see if it was asleep]. "[No, no|Wait], you will hurt it," <msaid>.
| {Friend} came to look. "There is nothing here," <fsaid>. "Not yet," <hsaid>.
? <hsad>
"Seeds [are slow|work in the dark|need time]," <msaid>. "[Give it water|Water it a little] each day, and [let the sun do the rest|be patient]."
| "[What does a seed need|What am I doing wrong]?" <hasked>. "[Water, sun and time|Only water, sun and a friend who waits]," <msaid>.
? So {hero} brought water every [morning|day|evening] in [a <color> can|an old cup|a shell|a small bucket]. {He} [pulled the weeds|chased away the snails|built a little fence].
| Every day {hero} [watered|visited] it. When it was [hot|dry], {he} gave it [a bit more|shade]. When [the wind blew|the crows came], {he} stood guard.
? One week [passed|went by]. Then [another|two]. It [rained|was hot], and it was [cool|windy] again.
| The [days|weeks] went by as slowly as <slow_thing>.

And then, <someday>, there was [something|a tiny spot of] green! "{Parent}, [look|come quickly]!" <hcried>.
| One [morning|day], {hero} saw a [tiny|thin|pale] green [leaf|tip|stem]. {He} [rubbed|blinked] {his} eyes. It was [real|true]!
? <hglad>
It grew and grew: first as high as {his} [toes|ankle], then {his} [knee|belly], then {his} [chin|nose]. At the end of summer there was {grown}.
| Day by day it [grew|climbed] [higher|bigger]. By the end of summer, it was {grown}.
? {Hero} shared it with {friend} and {giver}, and {he} [kept|saved] <number> new seeds for next year.
| "[Look what we made|You waited well]," <msaid>. {Hero} [gave|handed] {friend} a seed. "[Now you|It takes a while, but it is worth it]," {he} said.
<end>
""",
    "little hurt bird": """
worlds: town woods
bird = sparrow|robin|dove|blue jay|crow|swallow|wren|duckling|owl chick
bhe/bhim/bhis = he/him/his|she/her/her
hurt = wing|leg|foot
bed = an old [hat|sock|mitten|basket|shoe box] [with soft grass|full of wool|with leaves]
topic = the {bird}|wings in the sky|{his} friend the {bird}
lesson = to love someone is to let them be free|small acts of care can heal|gentle hands can do great things
begin:
<open>
<Oneday>, {hero} [walked|went] to {place}. <walk_sight>
| <Oneday>, {hero} was [on the way to|at] {place}. <sky>
Then {he} heard a [tiny|soft|weak|sad] [peep|chirp|cry]. In the [grass|bush|leaves] lay a little {bird}.
| Under a [bush|tree|fern] sat a [small|young] {bird}. {Bhe} did not fly away when {hero} came.
"[What is wrong?|Are you hurt?] little one?" <hasked>. The {bird} could not [move|lift] {bhis} {hurt}.
| {Hero} [bent down|knelt] and saw that {bhis} {hurt} was hurt. "[Poor thing|Do not be afraid|I will help you]," <hsaid>.

[Very gently|With great care|Slowly], {hero} [picked|lifted] {bhim} up and [carried|took] {bhim} home. The {bird}'s heart [beat|ticked] like [a tiny clock|a little drum].
| {He} [wrapped|held] the {bird} in {his} [scarf|hat|coat] and [walked|went] home as softly as {he} could.
{His} {parent} [knew|showed {him}] what to do. They [tied a thin strip of cloth|put a little splint] on the {hurt} and made a bed out of {bed}.
| "We must [keep {bhim} warm|let {bhim} rest]," <msaid>. They [made|built] a bed from {bed}, and {hero} put it [by the stove|near the window|next to {his} bed].
| "[Hold {bhim} still|Be gentle]," <msaid> and [looked at|wrapped] the {hurt}. {Hero} [filled|found] {bed} for a nest.
Every day {hero} brought [seeds|crumbs|worms] and [fresh water|berries]. {He} [told|sang] the {bird} [long stories|all {his} secrets|soft songs].
| {Hero} fed {bhim} [seeds|crumbs|bits of bread] [from a spoon|bit by bit]. At night {he} [listened|got up] to hear if {bhe} [slept|breathed].
| {Friend} came to [visit|help]. {Fhe} brought [seeds|crumbs|a worm], and they sat [very still|side by side] and watched the {bird} [eat|sleep].
? At first {bhe} was <scared>. Then {bhe} [hopped|jumped] onto {hero}'s [hand|knee|head]. They were friends.
| After <number> days, the {bird} [chirped|sang] for the first time. <hglad>

<Someday>, the {bird} [spread|opened] {bhis} wings and flew [around the room|from the table to the door|in a small circle].
| Then came the day when the {hurt} was [well|strong] again. The {bird} looked [out of|through] the window at the sky.
| The {hurt} grew [strong|better]. {Hero} [saw|noticed] how the {bird} [jumped|fluttered] to the window [each morning|when other birds called].
? "It is time," <msaid>. {Hero} felt <sad>. "[Must {bhe} go|Can {bhe} not stay with me]?" {he} asked.
| {Hero} knew what that meant. "[You want to go home|You miss the sky]," <hsadly>.
{He} [opened {his} hands|carried {bhim} outside]. "[Fly|Go], little friend," {he} [whispered|said]. Up, up went the {bird} into the [blue|wide|clear] sky.
| {He} took the {bird} back to {place} and opened {his} hands. The {bird} [looked at {him} once|gave one chirp], and then {bhe} flew [over the trees|up and away].
| On the [hill|wall] behind the house, {hero} [kissed|stroked] the {bird} one last time. Then {he} [let go|threw {bhim} up], and the wind [took|carried] {bhim}.
The next [morning|spring|week], there was a [song|tap|chirp] at the window. It was the {bird}, and {bhe} had [brought a friend|a <color> feather for {him}|come to say hello]!
| But each [morning|spring], the {bird} came back to [sing|say hello], and {hero} always had some [crumbs|seeds] in {his} pocket.
<end>
""",
    "lost in the crowd": """
worlds: town
where/sight = market/a man with a dancing monkey|fair/a tall man on stilts|train station/a big black engine|zoo/a baby elephant|parade/a band with golden horns
| big store/a tower of toys|museum/a huge whale bone|harbor/a ship with <number> sails|circus/a clown with a tiny dog
helper/the_helper/hhe = a woman with a basket/the woman/she|a policeman/the policeman/he|an old man with a cane/the old man/he|a girl with a flute/the girl/she
| a bus driver/the bus driver/he|a lady who sold <flowers>/the lady/she|a baker in a white cap/the baker/he|a boy on a bike/the boy/he|a nurse/the nurse/she
coat = <color> [coat|hat|scarf|jacket|umbrella]
topic = the {where}|{sight}|holding hands
lesson = if you are lost, it is best to stay where you are|it is wise to hold hands in a crowd|kind people are everywhere|it helps to ask for help
begin:
<open>
<Oneday>, {hero} went to the {where} with {his} {parent}. {Mhe} wore a {coat}. "[Stay close|Hold my hand]," {mhe} said.
| <Oneday>, {his} {parent} put on {mhis} {coat} and took {hero} to the {where}. "[Do not run off|Hold on to me]," {mhe} said.
? The {where} was [full|noisy|crowded]. It smelled of [nuts|fish|smoke|sugar|oranges] and [soap|bread|horses|coffee].
| There were [people|voices|feet] [everywhere|on all sides], and [bells|drums|whistles] [rang|sounded] from far away.
Then {hero} saw {sight}. "[Oh|Wow|Look]!" {he} said, and {he} [let go|ran closer|stopped to look].
| "Look, {parent}!" <hcried>. There was {sight}! {He} [pulled {his} hand free|ran to see it|stood and stared].
When {he} turned around, the {coat} was gone. {Hero} could see only [legs|backs|strangers] and [bags|boots].
| But when {he} looked up, {his} {parent} was not there. There were [red|gray|brown] coats and [tall|black|straw] hats, but no {coat}.
? <hscared>
? "{Parent}! {Parent}!" <hcried>. But the {where} was too loud.
| {He} wanted to [run|cry|hide]. <hsad>

Then {he} remembered what {his} {parent} [always|once] said: "If you get lost, [stay where you are|do not run], and I will find you."
| {He} took a deep breath. "[I must not run|Stand still like a tree]," {he} told {himself}. That was the rule.
So {hero} [sat|stood] [by a lamp post|on a step|next to a fountain|beside a red door] and [waited|counted to a hundred|sang {himself} a song].
Soon {helper} stopped. "Are you [lost|alone|all right]?" {hhe} asked. "[I cannot find my {parent}|My {parent} has a {coat}]," <hsaid>.
| "[Please|Excuse me]," {hero} said to {helper}, "[I am lost|can you help me]. My {parent} wears a {coat}."
"[Then we will wait together|Let us look from up here|I will call out for you]," said {the_helper}. {Hhe} [lifted {hero} up high|waved|rang a bell].
| {The_helper} gave {hero} [a nut|a plum|a paper flag|half a bun]. "[We will find {mhim}|Do not worry]," {hhe} said, and {hhe} [called|asked everyone near].
And there, [behind a cart|at the corner|in the crowd], was the {coat}! "{Hero}!" cried {his} {parent} and [ran|pushed through] to {him}.
| "[There|Over there]!" {hero} shouted. The {coat} came [closer and closer|through the crowd], and then {he} was in {his} {parent}'s arms.
? {Mhe} hugged {him} so [hard|tight] that {he} could hardly breathe. "You did [just the right thing|very well]," {mhe} said. "[You stayed|You asked for help]."
| "I was so worried," <msaid>. "[I will hold your hand now|Thank you for waiting]."
? They thanked {the_helper}. Then they went to see {sight} together, and this time {hero} [held on tight|did not let go].
| "[Thank you|Thank you so much]," they said to {the_helper}. On the way home, {hero} did not let go of {his} {parent}'s hand.
<end>
""",
    "learning a skill": """
worlds: town woods
skill/first/flop = swim/put {his} face in the water/swallowed a lot of water|skate/stand on one foot/slid into a snow bank|whistle/blow very softly/blew until {his} cheeks hurt
| juggle/throw just one ball/dropped the balls on {his} toes|play the flute/hold one long note/made a noise like a sick goose|walk on {his} hands/kick up {his} feet/fell over like a log
| jump rope/turn the rope slowly/got the rope around {his} neck|row a boat/dip the oars gently/went around in circles|dance/count to four/stepped on {his} own feet
| walk on stilts/take one small step/fell into a bush|play the fiddle/move the bow slowly/scared the birds away|climb a rope/hold on with {his} feet/slid down to the ground
teacher = {friend}|{his} {parent}|{friend}
topic = the day {he} learned to {skill}|what to learn next
lesson = practice makes hard things easy|falling down is a part of learning|everyone was a beginner once|you only fail when you stop trying
begin:
<open>
{Hero} could not {skill}. {Friend} [could|was very good at it], and {hero} [wished|wanted] so much to do it too.
| There was one thing {he} could not do. {He} could not {skill}.
| {His} [biggest wish|dream] was to {skill}, like {friend}.

<Oneday>, {he} went to {place} and tried to {skill}. {He} {flop}.
| <Oneday>, {he} said, "Today I will learn to {skill}!" {He} tried, and {he} {flop}.
{He} tried again, and [again|once more]. [Bump|Ouch|Oh dear]! It [only got worse|was no better|went wrong each time].
| <try_hard> It was no [good|use].
? "[I cannot do it|I will never learn|It is too hard]!" <hcried>. {He} [kicked a stone|threw {himself} on the ground|stamped {his} foot].
| <hsad> "[I give up|I am no good at this]," {he} said.
| Some [crows|ducks|others] laughed at {him}. <hsad>

{Teacher} [saw it|had watched|sat down next to {him}]. "[When I began, I fell <number> times|Nobody can do it at first|I was afraid too]," [were the kind words {he} heard|{he} heard a soft voice say].
| "[Do you want to know a secret?|Wait,]" said {teacher}. "[First you must only {first}|Start small]. The rest comes later."
| "[May I show you?|Watch me,]" said {teacher}. "[You are going too fast|You are trying to do it all at once]. First, {first}."
So {hero} tried to {first}. It [worked|was not so hard]. Then {he} did it [again|<number> times more].
| "[Only that|Just that]?" asked {hero}. {He} tried to {first}, [again and again|ten times], until it was as easy as breathing.
? They [practiced|worked] every [day|evening|morning], when [the birds woke up|the dew was on the grass|supper was over].
| On [Monday|the first day] {he} [fell|failed] ten times. On [Tuesday|the second day] {he} [fell|failed] only <number> times. {Hero} kept on.
| There were [bumps|bruises|tears] and [laughs|wet socks|torn pants], but {hero} [went on|did not stop].

And then, <someday>, {he} did it. {He} could {skill}!
| One [day|evening], without thinking, {hero} [just did it|began], and it worked. "[I can {skill}|Look at me]!" {he} shouted.
? "[Look|See], {friend}!" <hcried>. "[I can do it|I am doing it]!"
| {Friend} [clapped|cheered] and [jumped|shouted]. "[I knew it|You did it|Well done]!" <fsaid>.
? <hglad>
? A week later, a little [one|neighbor|cousin] watched with big eyes. "Can you teach me to {skill}?" "[Yes|Of course]," <hsaid>. "First, {first}."
| From that day on, {hero} and {friend} would {skill} [together|side by side] [every day|until the sun set].
<end>
""",
    "the snow friend": """
worlds: town woods
weather: snow
what = snowman|snow bear|snow rabbit|snow queen|snow cat|snow dog
nose = a carrot|a pine cone|a red apple|a long stone|a bent stick|a potato
eyes = two [black stones|nuts|brown buttons|dark berries|bottle caps]
cover/his_cover = an old [hat|cap]/hat|a <color> scarf/scarf|a straw hat/hat
topic = the {what}|a {what} that winked
lesson = the nicest things are made with friends|what we share stays warm even in the snow|nothing lasts forever, but we can make it again
begin:
<open>
Then winter came. <Oneday>, {hero} [looked|peeked] out, and the whole [world|hill|wood] was [white|soft and still].
| <Oneday>, the snow lay as [high|deep] as {his} knees. It [sparkled|shone|glittered] like [sugar|glass|stars].
"[Snow|Hooray, snow]!" <hcried>. {He} [put on|found] {his} [warmest|thick] [coat|scarf|mittens] and ran to find {friend}.
| {He} [jumped|rolled] in the snow [until {his} nose was red|like a puppy]. Then {he} called {friend}.
"[Let us make|I want to build] a {what}," <hsaid>. "[The biggest one ever|Yes, a big one]!" <fsaid>.
| "What shall we do?" <fasked>. "[Make a {what}|I know! A {what}]!" <hsaid>.

They [rolled|pushed] a [big|fat|huge] ball, and then a [smaller|middle] one, and then a [tiny|little] one. [Puff|Oof|Heave]! It was [hard|cold] work.
| {Hero} rolled the [belly|body], and {friend} rolled the head. They [pushed|lifted] with all their might.
? The head [fell off|rolled down the hill|broke] [once|twice], and they had to [start again|make a new one].
| [A dog|A crow|A squirrel] came to [watch|help], but it only [made a mess|shook its head|ran around].
For eyes they [found|used] {eyes}. For a nose they [took|used] {nose}.
| "It has no face," <fsaid>. So {he} [gave it|found] {eyes}, and {friend} brought {nose}.
But something was missing. The {what} looked [cold|a bit sad|bare]. <hsad>
| Then a cold wind [blew|came]. "[Brr|Oh]! Our {what} must be freezing," <fsaid>.
<idea> {He} ran home and came back with {cover}. "[Here you are|This will keep you warm]," {he} told the {what}.
| {His} {parent} [came out with hot soup|opened the window]. "[Would {cover} help?|Maybe {cover} is missing,]" {mhe} said.
? [Now|At last] the {what} was [perfect|done|ready]. It [looked|seemed] as if it [smiled|winked] at them.
| With the {his_cover} on, the {what} looked [proud|very fine|like a king]. <hglad>

? They [danced|sang] around it and [threw snowballs|drank hot cocoa|made snow angels] until [it was dark|their feet were cold|the stars came out].
| All [day|week] they [played|talked] with the {what}. They told it [jokes|secrets|the news], and it listened [very well|without a word].
Then the sun grew [warm|strong], and the {what} [became|got] [smaller|thinner] each day. One morning there was only {nose} [and a {his_cover}|in a puddle].
| When spring came, the {what} melted. Only {eyes} and {nose} lay in the grass.
| The {what} [stood|smiled] there for <number> weeks. Then a warm wind came, and it grew [thin|small] and [smaller|thinner] and was gone.
? "[Do not be sad|It will come back]," <fsaid>. "[Next winter we will make a new one|It is only on a long trip|It is in the river now, and in the clouds]."
| "Good-bye, {what}," <hsaid>. "[See you next year|Thank you for the winter]." {Friend} [took|held] {his} hand.
<end>
""",
    "boat that sank": """
worlds: town woods
first/second = paper/wood|leaves/bark|mud/a coconut shell|bread crust/cork|an old box/a real log|grass/reeds
cargo = an acorn|a toy mouse|a snail|a brave beetle|a tin soldier|a cherry|a letter|a ladybug
name = Star|Wind|Queen|Swan|Storm|Hope|Moon
heavy = stone|spoon|nail|coin
topic = the {name}|far-off islands|the little boat
lesson = when a thing breaks, you can make it better|every try teaches you something|it helps to listen to good advice
begin:
<open>
<Oneday>, {hero} [sat|stood] [by the water|at the edge of the stream|on the bank]. {He} wanted to have a boat [of {his} own|that could sail far away].
| {Hero} had always dreamed of [ships|the sea|sailing]. <Oneday>, {he} said, "I will build a boat!"
{He} [took|found] some {first} and [worked|folded and tied|pushed and pressed] until it looked like a [little|real] boat. {He} [named|called] it the {name}.
| Out of {first} {he} made a [small|fine|pretty] boat and [wrote|painted] its name on it: the {name}.
"[You need something stronger|That will not float for long|I do not think {first} is good in water]," <fsaid>. But {hero} did not listen.
| "[Good luck|Be careful], {name}!" {he} said. {He} put {cargo} [on board|inside] and [gave it a push|let it go].

At first it [floated|sailed|danced] [nicely|like a duck|very well]. Then it [turned|leaned|got soft], and [blub, blub|gurgle, gurgle], it sank.
| The {name} [went|sailed] as far as [a big stone|a lily pad|the bridge]. Then it [fell apart|filled with water] and was gone.
? <hsad>
? "My [boat|ship|poor {name}]!" <hcried>. "[It is gone|I worked so hard]."
| {He} [waded in|reached out with a stick] and [saved|pulled out] {cargo}, but the boat was [lost|only a wet lump].

{Friend} did not laugh. "[What went wrong|Why did it sink]?" <fasked>. They [thought|sat down] together. "[It got soft|It was too weak|It let the water in]," <hsaid>.
| {Elder} [came by|had seen it]. "[{First}, was it|I sank <number> boats when I was young]," <esaid>. "[Look at what floats|Try {second} next time]."
They [looked|searched] for something better. A [duck|leaf|stick] floated by. {Friend} pointed at {second}. "[Try this,|What about that?]" {fhe} said.
| So they tested a {heavy} and {second}. The {heavy} sank. But {second} [floated|stayed on top]!
With {second} they built a new {name}. They [gave it|made] a [mast|sail] from [a <color> cloth|a big leaf|a feather], and [made the sides high|closed every hole with wax].
| The new boat was made of {second}, with a [<color> sail|leaf for a sail|tall mast] and [a little cabin|a flag]. It took them [<number> days|all afternoon].
? They put {cargo} on board again. "[Ready|All set]?" "[Ready|Go]!" They [pushed|let it go]. It [wobbled|shook], and then it sailed [away|straight ahead].
| Again {hero} put it in the water. {He} [held {his} breath|crossed {his} fingers]. It [rocked|dipped], but it did not sink!
The {name} sailed [past the stone|under the bridge|around the bend], [proud as a swan|as light as <soft_thing>], and they ran along [beside it|the bank].
| A [wave|gust] hit it. It [leaned|dipped], and then it [came up|stood up] again. "[Hooray|Go, {name}]!" they [cried|cheered].
? <hglad>
<end>
""",
    "race with a stop": """
worlds: town woods
race = the big [spring|summer|village|hill|lake] race
prize/share = a basket of <fruit>/the <fruit>|a big <color> cake/the cake|a bag of nuts/the nuts|a jar of honey/the honey|a box of cookies/the cookies|a loaf of sweet bread/the bread
route = [around the lake|over the hill|through the woods|along the river] and [back again|to the old mill|across the bridge|to the big oak]
did/need = twisted {fhis} foot/could not stand up|fallen into a muddy ditch/could not get out|been caught in the thorns/could not get free|lost a shoe in the mud/could not go on
| slipped on a wet stone/had a hurt knee|stepped into a deep hole/could not pull out {fhis} foot
topic = {race}|running with {friend}
lesson = helping a friend is better than winning|there is more than one way to win|a kind heart runs faster than quick feet
begin:
<open>
{Hero} was [fast|quick], as quick as <quick_thing>. {He} wanted to win {race}. The prize was {prize}.
| Soon there would be {race}, {route}. The winner would get {prize}, and {hero} wanted it [badly|more than anything].
| There was only one thing on {hero}'s mind: {race}. [First prize was|You could win] {prize}.
? Every [morning|day], {he} [ran|practiced] [up and down the hill|from tree to tree|until {he} was <tired>]. {Friend} [ran with {him}|practiced too], but {fhe} was slower.
| "I will win {prize}," {hero} told {friend}. "[I want to win too|May the best one win]," <fsaid>.

<Oneday>, everyone [came|stood] at the start. <sky> "[Ready, set, go|One, two, three, go]!" cried {elder}.
| Then, <oneday>, it was time. {Elder} [raised|waved] a <color> flag. "[Ready, set, go|Go]!"
Off they [went|ran], {route}. {Hero} was [in front|first], and {his} [feet|legs] [flew|hardly touched the ground].
| {Hero} [passed|overtook] a [fox|goat|boy with long legs|girl in a red cap]. {He} passed [another|two more]. Soon nobody was in front of {him}.
Then {he} heard a cry [behind {him}|from the path]. {Friend} had {did}.
| But then someone called, "[Help|Ouch|Oh no]!" It was {friend}. {Fhe} had {did}.
{Hero} [looked|could see] ahead. There was the [finish|ribbon|last hill], so [near|close]! And {prize}! But {friend} {need}.
| What now? The [finish|end] was [near|only a short way off], but {friend} {need}. {Hero} [slowed down|bit {his} lip].
"[Go on|Run], you can win!" <fcried>. {Hero} shook {his} head. "[Not without you|I will not leave you|You are more important]," {he} said.
| It took {hero} only a moment. {He} turned around and ran back. "[I am coming|Hold on]!" {he} called.

{He} [helped|pulled] {friend} up. "[Put your arm around me|Lean on me]," {he} said. [Slowly|Step by step], they went on together, while [others|runner after runner] [ran|raced] past.
| {Hero} [gave|lent] {friend} {his} [hand|shoulder], and side by side they [walked|hopped|limped] [on|to the finish|all the way].
| {Hero} [knelt|bent] down and [took|pulled] {friend} on {his} back. "[Hold on tight|You are not heavy]," {he} [puffed|said]. They went on, [slowly|step by step].
They were the very last. But [when they came in|at the finish], everyone [stood up|clapped|cheered].
| When they [reached|crossed] the line, the race was long over. Still, [the whole crowd|everyone] [clapped|shouted their names].
| [Long after the others|When the sun was low], {hero} and {friend} came over the line [together|arm in arm]. [Nobody|Not one person] had gone home, and they all clapped.
"[I saw what you did|We all saw it]," <esaid>. The winner [walked|came] up to {hero} and [shared|divided] {share}.
| "There is a second prize today," <esaid>, "for the biggest heart." And {ehe} gave {hero} [a medal made of paper|a <color> flower|a small silver star].
? "[You lost because of me|I am sorry that you did not win]," <fsaid>. "[I won something better|I have you]," <hsaid>.
| <fthanks>
? <hglad>
<end>
""",
    "too heavy alone": """
worlds: town woods
thing/why = pumpkin/to make soup for everyone|log/to make a bridge|rock/because it blocked the path|turnip/to cook a big stew|cart/because it was stuck in the mud
| boat/to get it to the water|bell/to hang it in the tower|wheel of cheese/to bring it to the feast|pot of soup/to carry it to the party|old piano/to bring music to the school
size = as big as a [cow|house|barrel|bear|haystack]|as heavy as [a wagon|ten pigs|a tree|an elephant]
small/shim = a tiny mouse/it|a small ant/it|a little bird/it|a baby frog/it|a ladybug/it
topic = the great {thing}|everyone pulling together
lesson = together we are strong|even the smallest can make the difference|many small hands can do big things|no help is too small
begin:
<open>
<Oneday>, {hero} found a {thing}. It was {size}. {He} wanted to move it, {why}.
| <Oneday>, there was a {thing} near {place}. It was {size}. It had to be moved, {why}.
{He} [pulled|pushed] and [pushed|pulled]. {He} [puffed|groaned] like [a train|an old horse|a bear]. The {thing} did not move [an inch|at all].
| {Hero} [spat in|rubbed] {his} hands and [pulled|pushed] until {his} face was as red as [a beet|a tomato|an apple]. Nothing [moved|happened].

Along came <afriend>. "[Can I help|What are you doing]?" <fasked>. They [pulled|pushed] together. "[Heave|One, two, three], ho!" The {thing} stayed where it was.
| "{Friend}! [Come and help me|I need you]," <hcried>. {Friend} came at once. They [pulled|pushed] with all their might, but no, it did not [move|budge].
Then {pal_full} came. Then {his} {parent} came. They stood [in a line|side by side] and [pulled|pushed]. The {thing} [shook|creaked] a little, but it did not move.
| {Friend} [called|fetched] {pal_full}, and {pal} called {elder}. [Four|All] of them [pulled|pushed]. [Oof|Ugh|Puff]! The {thing} only [groaned|shook|wiggled].
? They [sat|fell] down in the grass, <tired> and [hot|out of breath]. <hsad>
| "[It is no use|We will never do it|It is just too heavy]," <hsadly>.

Then came {small}. "May I help?" {shim} asked. {Pal} laughed. "You? You are [so small|smaller than my nose|no bigger than a button]!"
| "Let me help," said [a thin|a tiny|a small] voice. It was {small}. {Friend} [smiled|shook {fhis} head]. "[You are too small,|How can you help?]" {fhe} asked.
"[Everyone may help|Every bit counts|Come, there is room]," <hsaid>. "[Thank you for asking|Stand here next to me]."
| But {hero} said, "[Why not?|Let us try!] [One more is one more|A little more may be just enough]."
So they all stood up [once more|again]. "[One, two, three|Ready, steady, go]!" They pulled, and {small} pulled too. [Creak|Crack|Rumble]! The {thing} moved!
| They took hold again. {Hero} [counted|sang]: "[One, two, three|Pull, my friends, pull]!" And with {small} at the end of the line, [plop|bump|rumble], the {thing} moved!
? They all [fell over|tumbled into a heap] and [laughed|laughed until they cried].
| "[It moves|It is moving|Hooray]!" <hcried>. <hglad>
? {Small} got [the best seat|the first bite|three cheers], and {pal} said, "I am sorry. [You were not too small|You were just what we needed]."
| That [evening|night], they [had a feast|sat together and sang], and {small} sat [in the middle|on {hero}'s head|in the best chair].
<end>
""",
    "treasure notes": """
worlds: town woods
maker = {parent}
clue_a/place_a = I have a mouth but never speak/the old mailbox|I have many leaves but am no tree/the big cook book|I go up and down but never move/the stairs
| I have hands but cannot clap/the kitchen clock|I have teeth but never bite/the comb on the shelf|I run but have no legs/the little stream
clue_b/place_b = I have one leg and wear a hat/the mushroom by the path|I have a bed but never sleep/the river|I cry but have no eyes/the watering can
| I stand on one foot and hold up birds/the old oak tree|I am full of holes but hold water/the sponge in the bucket|I have a neck but no head/the bottle by the door
treasure = a picnic with <treat> and <fruit>|a new kite with {his} name on it|a box of old [coins|shells|toys] from {his} {parent}'s own childhood|a small puppy with a <color> ribbon
| a tree house with a rope ladder|{friend} and all {his} friends with a cake|two tickets for the circus
topic = the treasure|clues and secret maps|{treasure}
lesson = the search can be as much fun as the treasure|clever friends solve riddles together|the best treasure is time with the ones you love
begin:
<open>
<Oneday>, {hero} found a [note|folded paper|letter] [under {his} pillow|in {his} shoe|beside {his} cup|tied to the door]. It said, "[Find the treasure|Look for a treasure]! {Clue_a}."
| <Oneday>, the wind [blew|brought] a [piece of paper|small letter] to {hero}'s feet. On it was written: "{Clue_a}. [Look there|Start there]!"
? {He} showed it to {friend}. "{Clue_a}," {friend} read [slowly|out loud|twice]. "[What can that be?|Hmm, I wonder.]"
| "A riddle!" <hcried>. {He} [ran|hurried] to {friend}, and they [put their heads together|thought hard].
"Is it [a dog|a cloud|a fish|a shoe]?" <fasked>. "[No|I do not think so]," <hsaid>. Then {his} eyes [lit up|grew wide]. "[I know|I have it]! It is {place_a}!"
| They thought of [a frog|a hill|a boat] and of [a spoon|a cow|a hat], but [nothing|that] did not fit. Then {friend} [jumped up|snapped {fhis} fingers]. "It must be {place_a}!" {fhe} cried.

They [ran|raced] to {place_a}. And [there|yes], a second note was waiting. "{Clue_b}," it said.
| At {place_a} they found [another|a second] note, [tied with a <color> string|rolled up small|under a stone]. It said, "{Clue_b}."
| {Place_a}! There was a [<color>|tiny] note, just as they had [hoped|thought]. {Friend} [opened|unrolled] it. "{Clue_b}," it said.
? This one was harder. They [sat down|walked in circles|scratched their heads]. They [guessed|tried] [a barn|a broom], [a goose|a wheel] and [the moon|a boot].
| "[That is a hard one|I have no idea]," <fsadly>. {Hero} [chewed on a blade of grass|looked at the sky] and thought.
"[Wait|Oh]!" <hcried>. "It is {place_b}!"
| <Later>, {hero} [looked|pointed] around, and there it was. "It is {place_b}! [Of course|Come on]!" {he} shouted.
Next to {place_b} hung a [<color> ribbon|red arrow|long string]. They followed it [step by step|around the corner|over a fence], [giggling|holding hands|as quiet as <quiet_thing>].
| They [hurried|ran] to {place_b}. There they found an arrow made of [stones|sticks|shells]. It pointed [to the garden|behind the house|up the hill].

And there was {his} {parent} with a [big|wide|secret] smile! "[You found it|Well done, treasure hunters]!" {mhe} said. The treasure was {treasure}.
| At the end of the trail stood {his} {parent}. "[What took you so long?|I knew you would solve it,]" {mhe} [laughed|said]. And there was the treasure: {treasure}.
| [A laugh|A cough] came from behind a [door|bush], and {his} {parent} jumped out. "[Bravo|You are so clever]!" {mhe} said. And there it was: {treasure}!
? "Did you write the notes?" <hasked>. {His} {parent} [winked|only smiled|nodded]. "[Maybe I did, maybe I did not|My grandma did the same for me once|I like riddles too]," {mhe} said.
| <hug>
? <hglad>
? "[Tomorrow|Next time], we will [hide|make] a treasure for you," <hsaid>.
| "[Can we do it again?|Let us write one too!]" <fsaid>, and they [began|started] to think of [new riddles|a good hiding place].
<end>
""",
    "who lost it": """
worlds: town woods
thing = purse|scarf|hat|key|glove|basket|watch|book|necklace|umbrella|flute|lantern
lost = <color> {thing}
mark = a little [star|moon|heart|bird|leaf|fish] on it
topic = the {lost}|the happy face of {elder}
lesson = honest hearts are happy hearts|what you find is not always yours to keep|giving back brings more joy than keeping
begin:
<open>
<Oneday>, {hero} was on {his} way to {place}. <walk_sight>
| <Oneday>, {hero} went for a walk with <afriend>. <walk_sight>
[There|Suddenly], [on the path|in the grass|under a bench|beside a stone], lay a {lost}. It had {mark}.
| Then something [shone|lay] [in the grass|in the dust|by the path]. It was a {lost} with {mark}.
? It was [very fine|beautiful|so pretty], and {hero} [liked it at once|had always wanted one].
| "[How pretty|What luck]!" {he} thought. "[I could keep it|Nobody is here]. Now it is mine."
{He} [put it in {his} bag|picked it up|took it along] and [walked|went] on. But {his} heart felt [strange|heavy|odd]. "[Someone|Somebody] must miss it," {he} thought.
| {He} [turned|held] it in {his} hands. "[If I lost it, I would be sad|Someone may be looking for it]," {he} thought.

So {hero} began to ask. "Is this your {thing}?" {he} asked {friend}. "[No|It is not mine]," <fsaid>. "[Mine is <color>|I have never had one|Ask {pal}]."
| {He} [went|walked] from [door to door|one to the next]. "[Not mine|I am sorry, no]," said {friend}. "[Not mine|No, but it is lovely]," said {pal}.
| First {he} asked {friend}. But {friend}'s {thing} was at home. Then {he} asked {pal_full}. But {pal} [had not lost|did not miss] any {thing}.
? {Hero} was <tired>, and {his} feet hurt. {He} wanted to give up. "[One more try|Just one more]," {he} told {himself}.
| It got [late|dark|cool]. "[Keep it, then|You asked everyone]," <fsaid>. But {hero} said, "[Not everyone|There is one more to ask]."
Then {he} saw {elder}, who [looked|searched] [under the bushes|behind every stone|up and down the path] and seemed <sad>.
| At the end of the [road|path] sat {elder} with {ehis} head in {ehis} hands.
"What are you looking for?" <hasked>. "My {thing}," <esadly>. "It has {mark}. [My mother gave it to me|I have had it since I was small|It is all I have from my best friend]."
| "[Did you lose|Are you missing] something?" <hasked>. "[Yes|Oh yes], my {lost} with {mark}," <esadly>.
"[Here it is|Then this is yours]!" <hcried>. {Elder} [took|held] it with [shaking|both] hands. "[You have made me so happy|I thought it was gone forever|Bless you, child]," <esaid>.
| {Hero} held it out. {Elder} could [hardly|not] speak. {Ehe} [laughed and cried|wiped {ehis} eyes|hugged the {thing}, and then {he} got a hug too].

? "[Come in|Sit down]," <esaid>, and they <snack>. {Elder} told [stories|tales] about [ships|the old days|giants|{ehis} travels].
| To thank {him}, {elder} gave {him} [a small <color> flag|a jar of honey|a smooth stone that glowed|a basket of <fruit>].
{Hero} had no {thing}, but {he} had a new friend. <hglad>
| <hglad>
<end>
""",
    "castle and wave": """
worlds: town
built = castle|tower|city|fort|palace|lighthouse
deco = shells|seaweed|feathers|round stones|little flags|sea glass
topic = the {built} of sand|waves and towers
lesson = it is no use to be angry at the sea|what is lost can be built again, and better|fun is in the making
begin:
<open>
<Oneday>, {hero} went to the beach with {his} {parent}. <sky>
| <Oneday>, the family [drove|walked] to the sea. The [waves|water] [sparkled|sang|rolled] and the gulls [cried|laughed].
{Hero} [dug|filled] and [patted|shaped] the wet sand. {He} [wanted to build|began] a {built} with [<number> towers|a deep moat|a long bridge].
| "I will build the [biggest|finest|best] {built} in the world," <hsaid>. {He} took {his} <color> bucket and {his} [spade|spoon].
? It had [walls|a gate] as high as {his} [knee|belly], and {he} [covered|decorated] it with {deco}.
| {He} worked [all morning|for hours], until {his} [back|nose] was [red|hot]. On top {he} put {deco}.
? "[The king may move in|It is done|Look, {parent}]!" <hcried>.

But the sea [came closer|was rising]. A [small|first] wave [licked|kissed] the wall. Then a [big|huge] wave came, and [whoosh|splash], the {built} was [gone|flat|only a lump].
| {He} did not see the [wave|water] behind {him}. [Whoosh|Swish|Splash]! It ran over the {built} and took it away.
| {Hero} went to get [more shells|an ice cream]. When {he} came back, the sea had [eaten|taken] the {built}, and there was nothing but [wet sand|foam].
"[Bad sea|Go away, sea|Stupid wave]!" <hcried> and [kicked|stamped on] the [water|sand].
| <hsad> "[My {built}|All my work]!" {he} said.

A [girl|boy] named {friend} had seen it. "[That happened to mine too|The sea got mine this morning]," <fsaid>. "[Do you want to build a new one|Shall we do it together]?"
| A [boat|ball] rolled up to {his} feet, and behind it came a child named {friend}. "[Your {built} was great|I saw your {built}]," <fsaid>. "[I can help you|Let us make another]."
? ["What for?" <hasked>|"But the sea will take it again," <hsaid>]. {Friend} pointed [up the beach|at the dry stones]. "[Not if we build up there|The water stops at that line]," {fhe} said.
| {Hero} [sniffed|wiped {his} nose]. Then {he} looked at [the line of seaweed|the wet sand]. "The water [comes up to here|stops here]," {he} said slowly. "[We must build higher up|So we build over there]."
So they carried [bucket after bucket|wet sand] [up the beach|to the dry place]. {Hero} made the [walls|towers], and {friend} [dug the moat|made the roads].
| Together they were [twice|much] as fast. {Friend} [found|brought] more {deco}, and {hero} [made a tunnel|built a bridge].
The new {built} was [bigger|even finer] than the first. The waves [came|rolled] up, [nearer and nearer|with white tops], and [stopped|turned back] just in front of it.
| A wave [came|ran] up the beach. They held hands. It filled the moat, and the {built} [stood|did not fall]!
| They built [until noon|and built], and the {built} got [walls like rock|a long bridge] and [a secret door|nine flags]. The sea [tried|licked], but it could not [reach|touch] it.
"[We won|Hooray]!" they [cheered|shouted] and [ran into the water|danced on the sand].
| <hglad>
? They [shared|had] <treat>, and when the sun went down [like a red ball|into the sea], they [waved to|said good night to] the {built}.
| {His} {parent} took a [photo|picture] of two [sandy|salty|wet], [happy|proud] children and one [fine|tall] {built}.
<end>
""",
}

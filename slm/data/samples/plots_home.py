"""Story plots that play at home: lost things, broken things, new food, fear of the dark.

Tables only; the notation is that of `story_script`.
"""
# ruff: noqa: E501 (a line of a table is a beat of a story, however long)

HOME_PLOTS = {
    "lost toy": """
worlds: town
thing = ball|car|boat|drum|train|robot|doll|truck|puppet|kite|whistle|horse
color = <color>
toy = {color} {thing}
giver = aunt|uncle|cousin|big sister|big brother|teacher
spot = in the pocket of {his} coat|at the bottom of the laundry basket|inside a rain boot|in the dog's bed|on the back seat of the car
| in the tall grass by the fence|behind the big flower pot|under a pile of leaves|in {his} school bag|between two books|under the blanket
topic = {his} {toy}|the {toy}
lesson = it is good to put things back in their place|things are easier to find with a friend|it helps to think before you cry|a tidy place for every toy saves a lot of tears
begin:
<open>
The thing {he} loved [most|best] was a {toy}. It had come from {his} {giver}.
| {His} {giver} had given {him} a {toy}, and {he} [took|carried] it [everywhere|all over the house|from room to room].
| Of all {his} toys, {hero} liked {his} {toy} the [best|most]. It was [a present|a gift] from {his} {giver}.
| {Hero} had a {toy} that [shone|was smooth|was as light as <soft_thing>]. {His} {giver} had made it for {him}.

<Oneday>, {hero} could not find the {thing}.
| <Oneday>, {hero} [wanted|went] to play, but the {toy} was gone.
| Then, <oneday>, the {toy} was not [on the shelf|in the toy box|beside the bed].
{He} looked [under the bed|in the bath|behind the curtain]. {He} looked [in the closet|on the shelf|behind the sofa]. [There was no {thing}|Nothing|No {thing} at all]!
| {He} looked [under the bed|under the table|under the stairs] and found only [an old sock|a dusty spoon|a red button|a piece of string|some crumbs].
| {Hero} [pulled|opened] every drawer. {He} found [a sock|a spoon|a comb|a blue crayon] and [a key|a penny|a ribbon|a cork], but no {thing}.
? <hsad>
? "[Mom|Dad|Grandma] will help me," {he} thought.
| "Where [can|could] it be?" <hasked>.
| "My {thing} is gone!" <hcried>.
| "I have lost my {toy}," <hsadly>.

{His} {parent} [came in|sat down beside {him}|put down the newspaper|heard {him}]. "[Do not cry|Let us think|Do not worry], {hero}," <msaid>. "Where did you [play|go|have it] [yesterday|last]?"
| "[Close your eyes|Take a deep breath] and think," <msaid>. "[Where did you see it last|Where did you play yesterday]?"
| "When did you see your {thing} last?" <masked>. "[Let us walk|We will go] back the way you came."
? {Hero} thought [hard|for a while|and thought]. "[I was|I think I was] [outside|in the yard|in the hall|by the door] [before supper|after school|when it got dark]," <hsaid>.
| {Hero} [closed|shut] {his} eyes. {He} [saw|remembered] the [long day|yard|game] [of yesterday|with {friend}|after school].
| {Hero} [counted on {his} fingers|rubbed {his} nose]. First {he} had [eaten lunch|played tag|fed the cat]. Then {he} had [gone home|put on {his} boots|helped in the garden].
They looked [together|side by side|hand in hand], [step by step|room by room|slowly], and there, {spot}, was the {toy}!
| Together they [looked|searched] once more. And what was that, {spot}? It was the {toy}!
| {His} {parent} [pointed|smiled]. Something {color} was {spot}. It was the {thing}, [safe and sound|a bit dusty|as good as new]!

"[Here it is|I found it|There you are]!" <hcried>.
? <hglad>
? {He} hugged the {thing}, and then {he} hugged {his} {parent}.
| {He} [washed|wiped|cleaned] the {thing} and put it [on the shelf|in the toy box|by the window], where it belonged.
| {He} [thanked|kissed] {his} {parent} and [played|sat] with the {toy} [until supper|all day|until it was dark].
<end>
""",
    "broken cup": """
worlds: town
thing = cup|vase|plate|bowl|jug|lamp|teapot|glass jar|clock
owner_thing = <color> {thing}
game = ball|tag|pirates|horses|airplanes|dragons|trains|circus
hide = under the sofa|behind the curtain|in the trash|under {his} bed|in a box|behind the plant
topic = the {owner_thing}|the day of the broken {thing}
lesson = it is better to tell the truth|the truth makes a heavy heart light|everyone makes mistakes, and saying sorry helps|telling the truth is brave
begin:
<open>
In the [kitchen|living room|hall] there [stood|was] a {owner_thing}. It was {his} {parent}'s favorite.
| {His} {parent} had a {owner_thing} that was very [old|dear to {mhim}|special], and it stood [on the table|by the window|on a low shelf].
| {His} {parent} loved a [certain|very old|special] {owner_thing}. "Please be careful near it," {mhe} [always|often] said.

<Oneday>, {hero} played {game} [inside|in the house|around the table].
| <Oneday>, {hero} [played|and {his} friend {friend} played] {game} [in the house|near the table], [though|even though] it was not allowed.
{He} [jumped|ran|spun] [too fast|too wildly|around and around], and [bump|crash|bang]! The {thing} fell [down|to the floor|off its place] and broke.
| [Crash|Smash|Bang]! {His} [elbow|foot|arm|knee] hit the {owner_thing}, and it broke into <number> pieces.
| {He} did not look where {he} was going. {He} [bumped into|knocked over] the {owner_thing}. [Crash|Clink|Bang]! It was [broken|in pieces].
? <hscared>
"Oh no!" {he} [whispered|thought|cried]. "[What have I done?|What will {Parent} say?|Now I am in trouble.]"
| {Hero} looked at the pieces. "[Nobody saw it|Maybe nobody will know]," {he} thought.
{He} [picked up|gathered] the pieces and hid them {hide}.
| [Quickly|In a hurry|With quick hands], {he} [pushed|put] the pieces {hide}.
| So {he} hid what was left of the {thing} {hide} and [went to {his} room|said nothing|ran outside].

But {hero} could not [play|eat|sit still|laugh]. {His} tummy [hurt|felt funny|felt full of stones].
| At supper, {hero} [did not touch {his} <treat>|could not eat {his} <treat>]. The secret [felt|was] as heavy as <heavy_thing>.
| All [day|afternoon], {he} felt <sad>. Even {his} favorite [book|toy|song] was no fun.
? "[What is wrong|Are you sick|Why so quiet], {hero}?" <masked>.
| {His} {parent} [looked at|sat down next to] {him}. "You [are|look] so quiet today," <msaid>.
{Hero} [took|drew] a deep breath. "I broke your {thing}," {he} said. "I was playing {game}. I am [so|very] sorry."
| "I [did something bad|must tell you something]," <hsadly>. "I broke the {owner_thing} and hid it {hide}. I am sorry."
| Then {hero} began to cry. "It was me," {he} said. "I broke the {owner_thing}. [I am sorry|Please do not be angry]."

{His} {parent} was [quiet|still] for a [moment|while]. Then {mhe} [hugged {him}|took {his} hand|smiled a little]. "Thank you for telling me," {mhe} said. "You are [more important|dearer to me] than any {thing}."
| "I am sad about the {thing}," {his} {parent} said, "but I am [glad|proud] that you told [me the truth|the truth]."
| {His} {parent} [lifted|pulled] {him} onto {mhis} lap. "That was brave," {mhe} said. "A {thing} can be [mended|fixed]. [Truth|Trust] is [harder to mend|worth more]."
Together they [glued|stuck] the pieces [one by one|with strong glue|at the kitchen table]. The {thing} had [thin lines|cracks] like [a map|tiny rivers|a spider's web], but it [stood|was whole] again.
| They [fetched|found] the glue and worked [all evening|side by side|slowly]. When they were done, the {thing} looked [a bit funny|almost new|like a puzzle].
| The next day they [painted|bought|made] a new {thing} together. It was <color> with [little stars|blue dots|a sun on it|tiny flowers].
? <hglad>
<end>
""",
    "night noise": """
worlds: town
noise/cause = tap, tap, tap/a branch at the window|scratch, scratch/the cat at the door|whoo, whoo/the wind in the chimney|drip, drop/the tap in the bathroom
| creak, creak/the old garden gate|thump, thump/the dog's tail on the floor|rustle, rustle/a hedgehog in the leaves|squeak, squeak/the swing in the yard
| flap, flap/a towel on the line|tick, tick/the new clock in the hall
shadow/shape = monster/{his} coat on a hook|giant/the tall lamp|dragon/a pile of clothes|ghost/the white curtain|wolf/{his} bag on the chair|bear/the big teddy bear
topic = the noise in the night|the funny {shadow}
lesson = the dark is only the day with its eyes closed|many scary things are small when you look at them|being brave means looking even when you are afraid|it is fine to ask for help when you are afraid
begin:
<open>
When [night came|the lamp went out|it got dark], {hero} was <scared>.
| There was only one thing that {he} did not like: the dark.
| {He} was [brave|not afraid] [all day|in the daytime], but at night {he} [hid|crept] under {his} blanket.

<Oneday> [turned|slowly turned] into a dark night, and {hero} lay in bed. Then {he} heard it. "{Noise}."
| One night, the moon hid behind [a cloud|the trees|the hill]. {Hero} heard a [strange|funny|soft|odd] noise. "{Noise}," it went.
| One [dark|windy|cold|long] night, {hero} woke up. Something went, "{Noise}."
In the corner {he} saw a [big|tall|dark|huge] {shadow}!
| And there, [by the door|in the corner|near the window], stood a [dark|big|tall] {shadow}!
| {He} [peeked|looked] out from under the blanket. Was that a {shadow} [in the corner|by the wall]?
? <hscared>
? {He} [pulled|drew] the blanket over {his} [head|nose|ears] and [held {his} teddy bear|counted to ten|shut {his} eyes].
| "[Go away|Leave me alone]," {he} whispered to the {shadow}. But it [did not move|stayed where it was].
"{Parent}!" {he} [called|cried|shouted]. "There is a {shadow} in my room!"
| "{Parent}, please come!" <hcried>. "[I hear something|Something is here|I am scared]!"

{His} {parent} came [at once|quickly|with soft steps|in {mhis} slippers]. {Mhe} [turned|switched] on the light. The {shadow} was only {shape}!
| {His} {parent} came in with a [lamp|candle|flashlight]. "[Look|See]," {mhe} said. "Your {shadow} is only {shape}."
| The door opened, and [warm|yellow|soft] light [came|fell] in. "Where is it?" <masked>. {Hero} pointed. But it was only {shape}.
"But what about the noise?" <hasked>. Hand in hand they [went|walked|tiptoed] to look. It was only {cause}.
| "Listen," {hero} whispered. "{Noise}." They [followed the sound|looked everywhere|searched together] and found {cause}.
| Then it came again. "{Noise}." {His} {parent} [smiled|laughed softly]. "Come, let us look." They found that it was {cause}.
{Hero} began to [laugh|giggle|smile]. "[Silly|Good night,|Hello,] {shadow}," {he} said.
| "That is not scary [at all|a bit]!" <hsaid>.
| <hglad>
? {His} {parent} gave {him} a [small|little] lamp that [shone|glowed] like [a star|the moon|a tiny sun]. "This will [keep you company|watch over you]," {mhe} said.
| "When you are afraid," {his} {parent} said, "[turn on the light and look|call me|sing a little song|think of something warm]."
| They left the door open [a little|a crack], so that a [line|bit] of light [came|fell] in.
<end>
""",
    "baking mistake": """
worlds: town woods
dish/shape = cake/round|pie/crooked|bread/flat|cookies/star-shaped|buns/lumpy|pancakes/thin|muffins/tiny|tart/wide
event = {friend}'s birthday|the village fair|the school party|the harvest feast|{elder}'s birthday|the picnic
wrong/right = salt/sugar|pepper/cinnamon|sand/flour|mustard/honey|soap/milk|vinegar/lemon juice|beans/nuts|onions/apples
topic = warm {dish}|the first bite|the smell of warm {dish}
lesson = a mistake is a way to learn|it is good to read and look before you pour|it is fine to start again|work is sweeter when it is shared
begin:
<open>
Soon it would be {event}, and {hero} wanted to [bake|make] something [sweet|tasty|special].
| It was [almost|nearly] time for {event}. "I will [bring|bake|make] something good," <hsaid>.
| Everyone was [talking about|waiting for] {event}. {Hero} wanted to bring [the best treat of all|something sweet|a surprise].

<Oneday>, {he} and {his} {parent} [put on aprons|washed their hands|went into the kitchen]. They [took out|found] [flour|butter|eggs] and [a big bowl|a wooden spoon|a blue pot].
| So {he} [asked|called] {his} {parent}. "[Will you help me|Can we bake]?" "[Of course|Yes, let us begin|With joy]!" said {his} {parent}.
? {Hero} [poured|shook|stirred] and [mixed|hummed|sang], and there was flour [on {his} nose|on the floor|everywhere|in {his} ears].
| They [mixed|stirred] and [stirred|beat] until the bowl was full of [thick|smooth|yellow] dough. It felt as soft as <soft_thing>.
{He} was in a hurry and did not [look|read]. [Splash|Oh dear|Oops]! {He} put in {wrong} and not {right}.
| Then {he} reached for the {right}. But the jar that {he} took was full of {wrong}!
| The {right} and the {wrong} [stood side by side|looked the same|were in two gray jars]. {Hero} took the {wrong}.
Soon the [kitchen|house|room] was [warm|full of smoke|hot]. {Hero} [took|had] a [big|tiny|first] bite. "[Yuck|Ugh|Oh no]!" {he} cried. "It tastes [awful|terrible|bad]!"
| When it was done, they [both tasted|tried] a bit. {His} {parent} made a [funny|sour|strange] face. "{Hero}, did you put {wrong} in it?" {mhe} asked.
? <hsad>
"[I ruined|I have spoiled] everything," <hsadly>.
| "Now I have nothing for {event}," <hsadly>.

But {his} {parent} [laughed|smiled|winked]. "When I was small, I once [put {wrong} in the soup|burned <number> pies|dropped a whole cake]," {mhe} said. "[Let us try again|We will start again]."
| "[Do not worry|Never mind]," <msaid>. "[The best|Even good] cooks make mistakes. [This time we will taste first|We still have flour]."
This time {hero} [smelled|looked at|tasted] [each|every] jar. In went the {right}. [Stir|Mix|Plop], [stir|mix], stir!
| {Hero} worked [slowly|with care] now. {He} [tasted|checked] the {right} first and [counted|read] each step out loud.
When the oven [opened|was done|went ding], out came {dish}, {shape} and [golden|brown|sweet|warm].
| At last the {dish} stood on the table, {shape} but [golden|warm|sweet]. The whole room smelled of [honey|home|butter|summer].
At {event}, {friend} took the first [bite|taste]. "[Mmm|Oh my|Wow], this is [so good|the best I ever had|wonderful]!" <fsaid>.
| Everyone at {event} wanted [more|another bite|to try it]. {Friend} [licked {fhis} lips|asked for more|ate <number> helpings].
? <hglad>
<end>
""",
    "rainy day tent": """
worlds: town
weather: rain
plan/pretend = go to the beach/an island|fly a kite/the top of a mountain|ride bikes/a race track|go to the zoo/a jungle|play ball/a stadium|go to the fair/a circus
| have a picnic/a sunny forest|go fishing/a ship at sea|visit the farm/a barn|go to the playground/a castle
build = the [sofa|table|two chairs]
topic = {pretend}|the tent made of blankets|sailing far away
lesson = fun can be made anywhere|a rainy day can be a good day|you can go far with a blanket and a good idea|the best games are the ones you make yourself
begin:
<open>
{He} and {his} friend {friend} had a plan. They wanted to {plan}.
| All week, {hero} and {friend} had [waited|hoped] to {plan}.
| "[Tomorrow|On Saturday] we will {plan}," {hero} had told {friend}.

But it was a {day} {time}. <rain>
| Then a {day} day came. <rain>
? "[We cannot go|No sun today|It will not stop]," <fsadly>.
| "[Now we cannot {plan}|It is not fair]," <hsadly>.
They [stood|sat] at the window and watched the drops [race|run] down the glass. <hsad>
| {Hero} [pressed|put] {his} nose against the cold [glass|window]. <hsad>
| "[Rain, rain, go away|Please stop, rain|I hate rain]!" <hcried>. But the rain [did not listen|only fell harder|kept on falling].

<idea> "[If we cannot go out, we will bring it in|We will do it here|Let us make our own]!" {he} said.
| {His} {parent} [looked in|came with hot cocoa]. "[Why not play inside|Who needs the sun]?" {mhe} said. "[There are blankets in the closet|You may use all the pillows]."
They [pulled|hung|spread] a [big|huge|long] <color> blanket over {build}. They [took|brought] [pillows|cushions|a lamp], [a rope|two brooms|a box] and [a pot|an old hat|a spoon].
| {Friend} [brought|fetched] [pillows|ropes|boxes], and {hero} [hung|tied|spread] a <color> [sheet|blanket] over {build}.
Soon the [room|floor|house] was not a [room|floor|house] any more. It was {pretend}!
| "This is {pretend}," <hsaid>, and [so it was|{friend} saw it too].
| They [crept|crawled] inside. It was [dark and cozy|warm and secret]. "[This is|Look, this is] {pretend}!" <fhappy>.
? They [saw|met|fed] a [lion|whale|tall giraffe|dancing bear|talking parrot] that was really [the cat|a pillow|the broom|{his} {parent}], and they <snack>.
| {Friend} was the [captain|king|pilot|driver], and {hero} was the [cook|guard|helper]. For lunch they <snack>.
| {His} {parent} came to [visit|play], and {mhe} had to [pay with a button|say a secret word|roar like a lion] to come in. Then they all <snack>.

? When the rain [stopped|was over|ended], nobody [saw it|noticed|cared]. They were having too much fun.
| <Later>, the sun came out. "Shall we go out?" <fasked>. "[Not yet|Later|In a minute]," <hsaid>. "It is [so|too] nice in here."
| At last the sun [came out|peeked in], and a [rainbow|bright arch] stood over the [street|roofs|town]. "[Thank you, rain|What a day]!" <hsaid>.
? <hglad>
<end>
""",
    "messy room": """
worlds: town woods
lostthing/why = library book/it had to go back that day|left shoe/it was time to go out|ticket/the show began soon|favorite hat/{friend} was waiting outside
| music book/the lesson began soon|swimsuit/everyone was going to the lake|green crayon/the picture was almost done|bell/the parade was about to start|party mask/the party was about to begin
found = under a pile of [socks|papers|leaves|blocks]|behind the [bed|door|chair]|inside a [pillow case|boot|box|pot]|under an old [blanket|coat|plate]
topic = a clean, bright room|{his} {lostthing}
lesson = a little work each day keeps the mess away|when things have a home, they are easy to find|tidying is quick when two work together
begin:
<open>
{Hero} did not like to tidy. There were [socks|cups|shells|sticks] on the [bed|floor|chair] and [crumbs|blocks|leaves|old apples] [under|behind] it.
| {His} room was a mess. [Toys|Clothes|Books|Stones] lay [here and there|in every corner|all over the floor], and a [tower|hill] of [hats|boxes|paper|nuts] stood by the door.
"Please tidy your room, {hero}," <msaid>. "[Later|Tomorrow|Not now|Soon]," {hero} always [said|answered].
| Each [day|evening], {his} {parent} asked {him} to clean up. Each [day|evening], {hero} said, "[Tomorrow|Later|I am too <tired>]."

<Oneday>, {hero} needed {his} {lostthing}, for {why}. But where was it?
| <Oneday>, {hero} looked for {his} {lostthing}, because {why}. {He} could not see it [anywhere|in the mess].
? {He} [threw|tossed] [socks|toys|papers] [left and right|into the air|behind {him}]. {He} [stepped|sat] on [a spoon|a block|a sharp stone|a squeaky toy]. "Ouch!" {he} cried.
| {He} [dug|crawled] [into|through] the mess like [a mole|a dog|a digger]. {He} found [an old sandwich|a lost mitten|a blue shell|half a cookie], but no {lostthing}.
? <hsad>
? "[Help|Oh, help]!" <hcried>. "[My room has eaten my {lostthing}|I cannot find anything here|I will be late]!"
| "I will never find it," <hsadly>. "[There is too much stuff|This mess is too big]."

Just then <afriend> came in and [stared|looked around]. ["[Was there a storm|Did the wind blow in]?" <fasked>|"What a mess," <fsaid>].
| {Friend} [knocked|looked in at the door]. "[Can I help|Shall we do it together]?" <fasked>.
"[First|Let us start with] the [big|soft|round] things," <fsaid>. "[Books here|Blocks in the box|Clothes on the hook], [toys there|shoes by the door|trash in the bag]."
| They made [it a game|a game of it]. {Friend} [threw|tossed] and {hero} caught. [Socks|Hats|Balls] flew into the [basket|box] [one by one|like birds].
| {Hero} [swept|picked up|folded] and {friend} [sorted|dusted|carried]. They [sang|counted|whistled] while they worked.
And there, {found}, was the {lostthing}!
| Bit by bit the floor [came back|could be seen]. And look! {Found} lay the {lostthing}.
? "[Hooray|At last|We did it]!" <hcried>. "And [look how big my room is|my room looks so nice|there is room to dance]!"
| "[Look|Hooray], we can see the [floor|carpet|bed] again!" <fhappy>.
{He} was just in time. {His} {parent} [saw the room|looked in] and [could not believe {mhis} eyes|smiled|clapped {mhis} hands].
| <hglad>
? From then on, {hero} [tidied|cleaned] a little [every evening|each day|before supper].
| <hthanks>
<end>
""",
    "new food": """
worlds: town woods
food = green peas|carrot soup|mushrooms|spinach|red beets|pumpkin|beans|fish pie|cabbage|tomatoes|sweet corn|broccoli|radishes|onion soup
liked = bread and jam|plain rice|sweet cakes|noodles|honey bread|toast
trick/after = close your eyes and chew slowly/{He} closed {his} eyes and chewed slowly|take just one tiny bite/{He} took a bite as small as a crumb
| pretend to be a giant/{He} opened {his} mouth like a giant|hold your nose and swallow/{He} held {his} nose and swallowed
| dip it in sauce/{He} dipped a bit in the sauce|think of something you love/{He} thought of the sea and took a bite|count to three and bite/{He} counted to three and bit
| sing a song in your head/{He} sang a song in {his} head and took a bite
topic = {food}|a big bowl of {food}
lesson = you cannot know if you do not try|new things can be good things|one small bite can change your mind|it is brave to try
begin:
<open>
{Hero} ate {liked} [for breakfast|in the morning], {liked} [for lunch|at noon], and {liked} for supper.
| There was only one thing that {hero} liked to eat: {liked}.
| "I only eat {liked}," {hero} told [everyone|all {his} friends|{his} {parent}].

<Oneday>, {his} {parent} put a [bowl|plate|dish] of {food} on the table.
| <Oneday>, {hero} [went|was asked] to eat at {friend}'s home. There was {food} [on the table|in a big pot].
| <Oneday>, the shop had no {liked}. {His} {parent} had [cooked|made] {food}.
"[Yuck|Ugh|No, thank you]!" {hero} said. "It looks [strange|funny|like mud|too odd]. I will not eat it."
| {Hero} [pushed|moved] the plate away. "It smells [odd|strange|like wet socks]," {he} said.
| {Hero} [shook {his} head|closed {his} mouth|made a face]. "I do not like {food}," {he} said.
? "Have you [ever tried|tasted] it?" <masked>. "No," <hsaid>. "[But I know|I just know it is bad]."
| "How do you know?" <masked>. {Hero} [shrugged|did not know what to say|looked at {his} feet].
? {He} [sat|waited] [a long time|and sat]. {His} tummy [growled|rumbled] like a [bear|train|lion|drum].
| The others [ate|chewed] and [smiled|talked]. {Hero} was getting [very hungry|hungrier and hungrier].

"[I know a trick|Here is a secret]," <fsaid>. {Friend} had come to [visit|play]. "You can {trick}."
| {Friend}, who sat next to {him}, whispered, "[{Trick}, and it is not so bad|Just {trick}. It works for me]."
{After}. It was [sweet|soft|warm|crunchy|not bad at all]!
| So {hero} tried. {After}. {His} eyes [grew|got] [big|round|wide].
"[Hey|Oh|Mmm]," {he} said, "this is [good|tasty|nice]! [May I have more?|Is there more?|Can I have some more?] please?"
| "It tastes like [summer|sunshine|the garden|a warm hug]!" {he} [cried|said].
? {He} ate [one bowl|a whole plate], and then [another|one more].
| {He} ate until the [bowl|plate|pot] was [empty|clean|as shiny as a coin].
? {His} {parent} [laughed|smiled|winked]. "[Tomorrow|Next time] we will try <fruit> and [nuts|cheese|lentils|soup]," {mhe} said. "[Good|Yes|I am ready]!" <hsaid>.
| <hglad>
<end>
""",
    "new baby": """
worlds: town woods
baby/bhe/bhim/bhis = brother/he/him/his|sister/she/her/her
bname = Bo|Max|Kit|Lou|Sky|Jo
plaything = rattle|silly hat|puppet|feather|spoon|red ball|paper bird|little bell
sound = quack like a duck|moo like a cow|sing a silly song|make a funny face|hop like a frog|bark like a dog|wiggle {his} ears|dance with a pot on {his} head
topic = {his} little {baby} {bname}|the baby's first laugh
lesson = love grows when a family grows|being big means helping the small|there is room for everyone in a warm heart
begin:
<open>
<Oneday>, a new baby came. It was a little {baby}, and {bhis} name was {bname}.
| Then {his} family got a baby {baby}. They named {bhim} {bname}.

? Now everyone looked at {bname}. "[How sweet|How small|What tiny feet]!" [they all said|said {elder}|said the neighbors].
| Everyone [brought|had] [gifts|songs|kisses] for {bname}. Nobody [looked at|had time for] {hero}.
| The baby [cried|slept] and [cried|ate], and {his} {parent} was always [busy|<tired>].
"[Play with me|Read to me|Look at my tower]," <hsaid>. "[Not now|Soon|Shh, the baby is asleep]," <msaid>.
| {Hero} [showed|brought] {his} [drawing|best stone|new song] to {his} {parent}. "[In a minute|Later], {hero}," {mhe} said. "[The baby is hungry|I must rock {bname}]."
? <hsad>
? "[They do not love me any more|I wish we had no baby|Babies are no fun]," {he} thought.
| "I want to be the baby," <hsadly>.

<Later>, {bname} began to [cry|scream|wail]. {His} {parent} [rocked|carried|fed] {bhim}. {Mhe} [sang|hummed]. Nothing helped.
| One [evening|night|morning], {bname} would not stop crying. {His} {parent} tried [milk|a song|a blanket]. {Mhe} tried [rocking|walking|a warm bath]. The baby only cried [more|louder].
{Hero} [came closer|tiptoed in|looked into the cradle]. {He} took a {plaything} and began to {sound}.
| "Let me try," <hsaid>. {He} [took|waved] a {plaything}. Then {he} started to {sound}.
The baby [stopped|grew quiet|blinked]. {Bhe} looked at {hero}. And then {bhe} laughed [for the very first time|out loud|a tiny, bubbly laugh]!
| {Bname} opened {bhis} eyes [wide|very wide]. {Bhe} [reached for|held] {hero}'s [ear|nose|hand] and [smiled|laughed].
"[Look!|Did you see?] {Bhe} [likes|loves] you," <msaid>. "[You are the best big {sibling} in the world.|Only you could do that.|What would we do without you?]"
| "[You did it|Well done], {hero}!" <msaid>. "[{Bname} needs you|You know just what to do]."
? <hglad>
? {His} {parent} [pulled|took] {him} into {mhis} arms. "[I have|My heart has] room for both of you," {mhe} said.
| That evening, {his} {parent} [read|told] a story just for {hero}. {Mhe} held {bname} on one arm and {hero} on the other.
After that, {hero} [sang to|played with|watched over] {bname} every [day|morning|night], and the {plaything} was [their secret|always near].
| "I will teach you to {hobby}," {hero} told the baby, "when you are [bigger|as big as me]."
<end>
""",
    "home-made gift": """
worlds: town woods
giftee/gname/ghe/ghim/ghis = aunt/Aunt {spare_she}/she/her/her|teacher/Miss {spare_she}/she/her/her|uncle/Uncle {spare_he}/he/him/his|neighbor/old {spare_he}/he/him/his
gift/parts = scarf/soft wool|picture frame/shells and glue|crown/<flowers> and grass|bird house/thin boards|card/paper and leaves|necklace/seeds and string|basket/long straw
| puppet/an old sock|candle/yellow wax|lantern/thin paper|flute/a piece of reed|pillow/feathers and cloth
costly = gold watch|silver ring|fine coat|glass swan|music box|silk hat|big clock|tea set
topic = the {gift}|{gname}'s happy face
lesson = a gift from the heart is the best gift|love is worth more than money|what you make yourself says the most|small gifts can be great
begin:
<open>
It was [almost|nearly|soon] the birthday of {his} {giftee}, {gname}.
| {His} {giftee} was called {gname}, and {ghis} birthday was [coming|near|on Sunday].
<Oneday>, {hero} went to the shop. In the window {he} saw a {costly}. "[That is just right|{Gname} would love that]," {he} thought.
| "I want to give {ghim} a {costly}," <hsaid>. {He} had seen one in [the shop|the window] at the market.
{He} [counted|looked at] {his} coins. There were only <number>. The {costly} cost a hundred.
| But {he} had only <number> [small|brown|old] coins in {his} [jar|pocket|purse]. That was not enough [for a {costly}|at all].
? <hsad>

["What shall I do?" <hasked>|"I have nothing to give," <hsaid>]. {His} {parent} [smiled|thought]. "The best gifts are made with [your own hands|love]," {mhe} said.
| {Friend} saw {his} sad face. "[Why do you not make something?|You are good at making things,]" <fsaid>.
| <idea> "I will make a {gift}!" {he} said.
So {hero} [looked for|gathered|found] {parts}. {He} began to make a {gift}.
| {Hero} took {parts}. {He} [worked|sat] [at the table|under a tree|by the window] and made a {gift}.
? The first one [fell apart|was crooked|was too small]. The second one was [better|too big|almost right]. {He} did not give up.
| It was [hard|slow] work. {He} [bent|dropped|broke] a piece, and {he} had to start [again|twice|<number> times].
| {He} worked [until it was dark|for <number> days|all week], and {he} put [a <color> ribbon|a little star|a <color> heart] on it.
| {Friend} [held|brought|sorted] the pieces, and {hero} [tied|glued|joined] them [one by one|with care].

On the [big day|birthday], {hero} [gave|brought] {gname} the {gift}. {He} was <scared>. Would {ghe} like it?
| When the day came, {he} hid the {gift} behind {his} back. "[Happy birthday|This is for you], {gname}," {he} said [softly|in a small voice].
{Gname} [opened|looked at] it, and {ghis} eyes [grew wet|shone|filled with happy tears]. "[You made this for me|Did you make it yourself]?" {ghe} asked.
| {Gname} [turned|held] the {gift} [this way and that|up to the light|in both hands]. "It is [beautiful|wonderful|perfect]," {ghe} said.
? "[It is better than any {costly}|I would not trade it for a {costly}|This is the best gift of all]," said {gname}.
| {Gname} [hung|put] it where everyone could see it. "[My dear {hero} made this|Nobody else has one like this]," {ghe} told all {ghis} guests.
? <hglad>
<end>
""",
    "brave at the doctor": """
worlds: town
who_is/what = doctor/a sore ear|dentist/a loose tooth|doctor/a bad cough|nurse/a splinter in {his} thumb|doctor/a hurt knee|eye doctor/trouble seeing far away|dentist/an aching tooth
doc/dhe/dhim = Dr. <surname>/she/her|Dr. <surname>/he/him
tool = cold, round tube|small mirror|bright little lamp|flat stick|funny chair that went up and down
comfort = a toy [rabbit|bear|lion|duck|horse]|a <color> button for luck|a smooth stone from {friend}
topic = the kind {who_is}|a shiny <color> sticker
lesson = being brave does not mean that you are not afraid|some scary things are over quickly|doctors are there to help|asking questions makes fear smaller
begin:
<open>
<Oneday>, {hero} had {what}. "We must [go|pay a visit] to the {who_is}," <msaid>.
| <Oneday>, {hero} woke up with {what}. "[Let us see|We will visit] the {who_is} today," <msaid>.
"[No, no|Oh no|Please, not that]!" <hcried>. "[I do not want to go|I am afraid|It will hurt]!"
| <hscared> "[Can we go tomorrow|Must we go]?" {he} asked.

? {His} {parent} [took|held] {his} hand. "I will [be with you|stay with you] all the time," {mhe} said. "[You may bring|Take] something for luck."
| "You can [hold my hand|tell {dhim} that you are afraid]," <msaid>. "[And you may take something along|Bring a friend]."
So {hero} took {comfort}. {He} held it [tight|in {his} pocket|close] [all the way|on the bus|in the waiting room].
| {Hero} put {comfort} in {his} pocket, and off they went [on the bus|on foot|by car].
? In the waiting room sat a [boy|girl|man] with a [big bandage|red nose|sad dog|broken arm]. There were [old books|fish in a tank|wooden blocks|bright pictures], and the clock went [tick-tock|tick, tick].
| The waiting room was [white|quiet|full]. A fish tank [bubbled|hummed], and <number> [gold|blue|red] fish [looked at|swam past] {hero}.

"Come in, {hero}," said {doc}. {Dhe} had [a warm voice|kind eyes|a funny tie|cold hands but a warm smile]. "[Who is your friend|What do you have in your pocket]?"
| {Doc}, the {who_is}, had [kind|gentle|warm] eyes. "[Hello, {hero}|So this is {hero}]," {dhe} said. "[Tell me what is wrong.|Where does it hurt?|Are you a bit scared? That is fine.]"
? {Doc} showed {him} a {tool}. "[What is that for|Will it hurt]?" {hero} asked. "[It helps me to see|It only tickles|Not a bit]," {dhe} said.
| First {doc} looked at {hero}'s [toy|hand|shoes]. "[Very healthy|All fine here]!" {dhe} joked. Then {dhe} took a {tool}, and {hero} [giggled|laughed|held still].
{Hero} [closed|shut] {his} eyes and [counted|thought of <treat>|squeezed {his} {parent}'s hand]. One, two, three, and it was over!
| It [pinched|tickled|hurt] a little, [like|no more than] [a bee's kiss|a tight shoe|cold water]. And then it was [done|over].
["Is that all?" <hasked>|"That was all," <hsaid>]. "That was all," said {doc}. "You were very brave."
| "[Finished|All done]!" said {doc}. "I have seen [big men|lions|firemen] who were not so brave."
{He} got a <color> sticker with a [star|lion|rocket|whale|crown] on it. <hglad>
| On the way home, they [bought|had] <treat>. <hglad>
? The next day, {he} felt [fine|much better|well] again.
| Soon {he} could [run|play|laugh] again, and {he} told {friend}, "[Do not be afraid of|I like] the {who_is}."
<end>
""",
    "paint spill": """
worlds: town
paintcolor = <color>
picture = a ship|a whale|a castle|a horse|the moon|a tiger|a garden|a train|a mountain|a fish
splash/becomes = a big blot/a round sun|a long streak/a winding river|a splash/a jumping dolphin|<number> drops/a flock of birds|a fat spot/an elephant|a muddy smear/a dark wood
topic = {becomes}|painting {picture}
lesson = a mistake can turn into something beautiful|you can make something new from something spoiled|it helps to look at things in a new way
begin:
<open>
<Oneday>, {hero} [sat down|stood at the table] to paint {picture}. It was for [the school show|{his} {parent}|{friend}'s birthday|the wall in the hall].
| There was [going to be an art show|a contest] at school. {Hero} wanted to paint {picture}, and {he} worked on it <oneday>.
? {He} [mixed|used] <color> and <color>, and {he} painted [very slowly|with the tip of {his} tongue out|with the thin brush].
| {He} [drew|painted] the [lines|edges] with [care|a thin brush]. It looked [fine|just right|better than ever].
Then [the cat jumped on the table|{friend} bumped the table|{his} sleeve caught the cup|the dog wagged its tail], and the {paintcolor} paint [fell|tipped|spilled].
| But [oh dear|oh no]! The jar of {paintcolor} paint [rolled|tipped over|slid]. [Splat|Splash|Plop]!
Now there was {splash} of {paintcolor} right [in the middle|across the page|next to {picture}].
| It left {splash} of {paintcolor} [in the middle of|all over] the picture.
? <hsad>

? "It is [ruined|spoiled]!" <hcried>. {He} wanted to [tear it up|throw it away|crumple it].
| "[All my work|My picture]!" <hsadly>. "Now I must [start again|throw it away]."
"[Wait|Stop|Do not throw it away]," said {friend}, who [had come to play|sat next to {him}|was drawing too]. "[Turn it around|Look at it from far away|Half close your eyes]."
| {His} {parent} [looked at|studied] it with {mhis} head on one side. "[Hmm|Wait]," {mhe} said. "I see something. Do you see it too?"
{Hero} [looked|stared] [and looked|for a long time|again]. The {paintcolor} spot was not just a spot. It looked like {becomes}!
| {Hero} [turned|tilted] the paper. "[Oh|I see it]!" {he} said. "It is {becomes}!"
{He} took the brush and added [a <color> edge|two eyes|a bit of <color>|some white dots|thin lines]. [Dab, dab|Swish, swish]! Now {picture} had {becomes} beside it.
| With a [few strokes|thin brush|bit of <color>], {he} [made|changed] it. Soon {becomes} [shone|stood|was there] next to {picture}.
? "It is better than before!" <fhappy>.
| [At the show|The next day], [everyone|the teacher|many people] [stopped|came] to look. "How did you think of {becomes}?" they asked. {Hero} [winked|smiled|laughed]. "[The cat helped|It thought of itself|It was an accident]," {he} said.
? <hglad>
? {His} {parent} [hung|put] the picture [over the sofa|in the hall|on the fridge], where [the sun|the light] fell on it.
| {Hero} gave the {paintcolor} jar [a new lid|a safe place], and {he} [painted|began] another picture, this time [of {friend}|of a storm|of the cat].
<end>
""",
}

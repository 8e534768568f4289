"""Story plots about friends and neighbors: sharing, quarrels, being new, being ill, being honest.

Tables only; the notation is that of `story_script`.
"""
# ruff: noqa: E501 (a line of a table is a beat of a story, however long)

FRIEND_PLOTS = {
    "learning to share": """
worlds: town woods
thing/use = swing/swing on|drum/play|ball/play with|sled/ride|wagon/ride in|kite/fly|trumpet/play|boat/sail|hammock/lie in|puppet/play with|box of paints/paint with|tent/hide in
prize = <color> {thing}
alone = swung back and forth|played a little|tried this and that|sat down with it|sang a song
topic = the {prize}|the {prize} and {his} friend {friend}
lesson = sharing makes play more fun|a thing you share is twice as nice|friends are worth more than things|it is lonely to keep everything for yourself
begin:
<open>
For {his} birthday, {hero} got a {prize}. It was [brand new|shiny|the finest in the world], and {he} [was very proud|looked at it all day].
| {His} {parent} gave {him} a {prize}. "[Have fun|Take good care of it]," {mhe} said. {Hero} [was so proud|had never had one before].
| {Hero} owned a {prize}. Nobody else [had one|had such a {thing}].

<Oneday>, <afriend> came [over|to play]. "[What a nice {thing}|Oh, how lovely]! May I {use} it too?" <fasked>.
| <Oneday>, {hero} [brought|took] the {thing} to {place}. <Afriend> saw it. "Can I {use} it [for a minute|once|after you]?" <fasked>.
"No, it is mine," <hsaid>. {He} [held|hugged] the {thing} [tight|close]. "[You might break it|Get your own|Only I may {use} it]."
| {Hero} [frowned|shook {his} head]. "[No|Never]! It is [mine|my {thing}]," {he} said, and {he} [turned away|held it tight].
{Friend} [looked down|said nothing|bit {fhis} lip]. Then {fhe} [walked|went] away [slowly|with small steps|all alone].
| "[Oh|All right]," <fsadly>, and {fhe} went [home|off] to play with [{pal}|someone else].
Now {hero} had the {thing} all to {himself}. {He} {alone}. But it was [not so much fun|boring|too quiet].
| {He} {alone} [for a while|until noon]. Nobody [laughed|clapped|talked to {him}].
? From far away {he} heard [laughter|singing|happy voices]. {Friend} and {pal} were [playing tag|building a hut|jumping over puddles] [without|and did not look at] {him}.
| {He} looked up. There were {friend} and {pal}, who [shared|ate] <treat> and [laughed|told jokes].
? <hsad>

"[What is wrong|Why are you alone], {hero}?" <masked>. {Hero} told {mhim} [everything|what had happened]. "[A {thing} cannot laugh with you,|What do you like more, the {thing} or your friend?]" <msaid>.
| {He} looked at the {prize}. "[You are nice, but you cannot talk,|What good is a {thing} without a friend?]" {he} [asked it|said].
? <idea>
{He} took the {thing} and <hurry> to {friend}. "I am sorry," {he} said. "[I was mean|That was not nice of me]. [Would you like to {use} it?|You can {use} it first.|Let us {use} it together.]"
| {Hero} walked over with [red|hot] cheeks. "[Please come|Come and play], {friend}," {he} said. "[You first|It is no fun alone]."
? {Friend} [smiled|thought] a little. "[Yes, please|I would love to|Only if you play too]," {fhe} said.
| "[Really|Do you mean it]?" <fasked>. "[Really|Yes, I do]," <hsaid>.
They took turns, first {friend}, then {pal}, then {hero}. They [laughed|shouted] [so much that their tummies hurt|until the birds flew up|louder than ever].
| Soon they made up a game for three. The {prize} was [a ship|a horse|a star|a treasure], and everyone [had a part|could play].
? <hglad>
| <fthanks>
<end>
""",
    "shy new neighbor": """
worlds: town woods
gift = <treat>|a <flower> in a pot|a drawing of the sun|a smooth stone|a paper star|a jar of jam
likes_do/tool = draw/chalk|sing/a little drum|build things/some boxes|collect leaves/a big bag|read/a book about pirates|dig/two spades|fly kites/a kite|dance/a bell|catch bugs/a glass jar
topic = {his} new friend {friend}|the day {friend} smiled
lesson = a small hello can start a big friendship|shy is not the same as mean|it is brave to talk first|a new place is less scary with a friend
begin:
<open>
<Oneday>, someone new [came|moved in next door]. It was a {fkind} named {friend}. {Fhe} had a <color> [bag|hat|scarf] and [did not say a word|looked only at the ground].
| <Oneday>, there was a new face <meetplace>: {friend}, a quiet {fkind}. {Fhe} [stood|sat] alone and [played with {fhis} sleeve|looked at {fhis} feet|watched the others].
"[Hello|Hi]! I am {hero}. [What is your name|Do you want to play]?" <hasked>. {Friend} [ran away|hid behind a tree|turned red and said nothing].
| {Hero} waved. {Friend} [looked away|hid {fhis} face|did not wave back].
? "[How rude|{Friend} does not like us]," said {pal}. "Maybe {fhe} is [only shy|just scared|not used to us]," <hsaid>.
| "[Leave {fhim}|{Fhe} is strange]," said {pal}. {Hero} [was not so sure|shook {his} head]. "I was [new|shy] once too," {he} said.

? That evening, {hero} [talked to|asked] {his} {parent}. "[Be patient|Some hearts open slowly]," <msaid>. "[Try something small|Friends are like birds. You must not rush them]."
| {Hero} thought about it [all day|in bed]. What would [make|help] a shy {fkind} feel [at home|safe]?
The next day, {hero} left {gift} [at {friend}'s door|on {friend}'s step|where {friend} could find it]. {He} [hid|waited] [around the corner|behind a bush] and saw a [tiny|small] smile.
| {He} put {gift} in front of {friend}'s door, with a note: "[Welcome|From your neighbor, {hero}|I hope you like it here]."
The day after, {hero} saw that {friend} liked to {likes_do}. So {he} brought {tool} and [sat|stayed] [nearby|not too close], and {he} did not [talk|ask anything].
| Then {he} saw {friend} [through the fence|from far away]. {Fhe} liked to {likes_do}! {Hero} [found|fetched] {tool} and sat down [close by|in the grass].
For a [long time|while] it was quiet. Then a [small|soft] voice said, "[May I do it too?|I like to {likes_do}.|Can I sit with you?]"
| [Bit by bit|Step by step], {friend} came closer. "I like to {likes_do} too," <fsaid>, so softly that {hero} could hardly hear it.
"[Of course|Yes]!" <hsaid>. "[I hoped you would ask|There is enough for two]."
| {Hero} moved over to make room. "[Come|Here]," {he} said. "[You can show me how you do it|Let us do it together]."
[Soon|Before long] they [talked|laughed] as if they had known each other [forever|for years]. {Friend} told {him} about {fhis} old home [by the sea|far away|in the north].
| {Friend} was good at it, [better than anyone|even better than {hero}]. {Fhe} [told jokes|knew stories] too, and {fhis} laugh sounded like [a bell|water|a small bird].

? When {pal} came [by|along], {friend} [moved closer to {hero}|looked scared]. "This is my friend {friend}," <hsaid>. "[{Fhe} can {likes_do} better than anyone|You should see what {fhe} can do]!"
| The next day {pal} [came too|wanted to join]. "[Sorry that I called you strange,|Will you teach me?]" {pal} asked. {Friend} nodded.
? <hglad>
? "I was so [afraid|scared] at first," <fsaid>. "[Thank you for waiting|You did not give up on me]."
| <fthanks>
<end>
""",
    "soup for a sick friend": """
worlds: town woods
ill/sign = a cold/a red nose|a fever/a hot head|a cough/a sore throat|the flu/a hot face|a tummy ache/a pale face|a stiff neck/a warm scarf
missing = the picnic|the parade|the snowball fight|the kite day|the boat trip|the summer dance|the berry hunt
soup = carrot soup|pea soup|hot soup with noodles|mint tea|potato soup|pumpkin soup|warm milk with honey|onion soup
cheer = a paper crown|a get-well card|a puppet show|a song with <number> verses|a funny hat|a basket of <flowers>|a storybook
topic = {soup}|{friend}'s smile
lesson = a visit can be the best medicine|friends share bad days too|care warms more than any soup|being kind is better than having fun alone
begin:
<open>
Every [day|morning], {hero} met <afriend> at {place}. But <oneday>, {friend} did not come.
| <Oneday>, {hero} waited for <afriend> at {place}. {He} waited and waited, but nobody came.
"Where is {friend}?" {he} [asked|wondered]. {He} went to {friend}'s [door|home] and knocked. "[Come in|I am here]," said a weak voice.
| {Hero} <hurry> to {friend}'s home. There {fhe} lay in bed with {sign}.
"I have {ill}," <fsadly>. "[Now I will miss {missing}|I must stay in bed|I feel so bad]."
| {Friend} had {ill}. "[Stay away|Do not come too close]," <fsadly>. "[And today is {missing}|I am so bored]."

? {Hero} felt <sad> for {fhim}. Everyone was [going to|at] {missing}, and {hero} had [looked forward to it|waited for it] [all week|for so long].
| What now? {Missing} was about to [start|begin], and {hero} wanted to go. But {friend} [looked so lonely|was all alone].
<idea> "[I will be back|Wait here|Do not go away]!" {he} [called|said].
| "{Missing} can wait," {hero} thought. "[A friend needs me|{Friend} is more important]."
At home, {he} asked {his} {parent} for help. They [washed|cut] [carrots|onions|herbs], [stirred|tasted] and [sang|talked], and made {soup}.
| "{Parent}, what is good for {ill}?" {he} asked. "[Rest, and {soup}|{Soup} and a good friend]," <msaid>. So they cooked {soup}.
While it [cooked|got warm], {hero} made {cheer}. {He} worked with [care|the tip of {his} tongue out].
| Then {he} [prepared|made] {cheer}, and {he} [put everything in a basket|packed it all up].

? {He} carried it [over the bridge|down the lane|along the path] step by step, so that not one drop was [lost|spilled].
| On the way {he} [stumbled|slipped], but {he} [saved|did not spill] the {soup}.
["For me?" <fasked>|"Mmm, that smells good," <fsaid>]. {Fhe} [drank|ate] it [all up|to the last drop], and {fhis} cheeks [grew pink|got some color].
| {Friend} [sat up|sniffed]. "[I thought you were at {missing}|You came back]!" {fhe} said. "[It would be no fun without you|I would rather be here]," <hsaid>.
Then {hero} showed {cheer}. {Friend} laughed so much that [the bed shook|{fhe} forgot to cough|the cat woke up].
| {Hero} [brought out|unpacked] {cheer}, and the [room|day] seemed [brighter|twice as bright].
? They [watched|listened to] the [rain|birds|clouds] and [told stories|played a quiet game] until {friend} [fell asleep|was <tired>].
| {Hero} read [a story|aloud] until {friend}'s eyes closed. {He} [pulled up the blanket|tiptoed out].

After <number> days, {friend} was well again. <fthanks>
| A week later, {friend} [jumped|danced] out of bed. "[You made me well|Your {soup} did it]!" {fhe} told {hero}.
? Then [{hero} sneezed|{hero} began to cough]. Achoo! "[Oh dear|Uh-oh]," <fsaid>. "Now I will make {soup} for you!" And they both [laughed|had to laugh].
| <hglad>
<end>
""",
    "the grumpy neighbor": """
worlds: town woods
habit = shouted at the birds|slammed the door|chased everyone away|closed the curtains|never said hello|shook {ehis} stick
why = {ehis} best friend had moved away|{ehe} could not see well any more and was afraid|nobody had visited {ehim} for years|{ehis} old dog had died|{ehis} knees hurt day and night
| {ehe} had lost the music box that {ehis} mother had given {ehim}
gift = <treat>|a bunch of <flowers>|a basket of <fruit>|warm socks|a jar of plum jam|a small lamp
reason = the ball flew into {ehis} garden|{he} had to bring {ehim} a letter|{he} heard {ehim} cry|the storm broke {ehis} fence|{his} {parent} asked {him} to bring back a pot
topic = {elder}|{elder}'s garden|the stories of {elder}
lesson = a grumpy face can hide a sad heart|kindness can open closed doors|it is good to ask before you judge|lonely people need a friend
begin:
<open>
Not far from {his} home lived {elder}. Everyone said that {elder} was [mean|grumpy]. {Ehe} {habit}.
| Everyone was afraid of {elder}, who lived [at the end of the path|next door|on the other side of the hedge]. {Ehe} {habit}.
? "[Do not go there|Keep away from that place]," said {friend}. "{Elder} [eats children|never smiles|hates everyone]."
| "[They say {ehe} has a heart of stone|I heard that {ehe} never laughs]," <fsaid>.

<Oneday>, {reason}. {Hero} had to go to the [dark|crooked|old] door.
| Then, <oneday>, {reason}, and there was nobody else who could go.
<hscared> {He} knocked [once|softly|three times].
| [Knock, knock|Tap, tap], went {hero}. {His} mouth was [dry|as dry as dust].
"Go away!" <ecried>. {Hero} [almost ran|took a step back]. But then {he} saw that {elder}'s eyes were [red|wet|very sad].
| The door opened a [crack|little]. "What do you want?" <easked>. {Ehe} looked [angry|grumpy], but {ehis} hands [shook|trembled].
"[Are you all right|Why are you sad]?" <hasked>. {Elder} [stared|was silent]. Nobody had asked {ehim} that for a long time. "[Leave me alone|It is nothing]," {ehe} said, but not so loudly.
| {Hero} wanted to run. But {he} said, "[Good day|Excuse me], dear neighbor. [Is something wrong|Do you need help]?"
| {Hero} did not run. "[My name is {hero}|I live near here]," {he} said. "[You look sad|Can I do something for you]?" {Elder} [shut|closed] the door, but [slowly|very gently].

At home, {hero} told {his} {parent} about it. "Did you know that {why}?" {mhe} asked. {Hero} had not known.
| "I think {elder} is sad," {hero} told {friend}. They asked around, and [at last they heard|soon they knew] that {why}.
<idea> The next day {he} [took|brought] {gift} and [went back|knocked again].
| So {hero} went again, this time with {gift}. {Friend} came too, [holding|and held] {his} hand.
"This is for you," <hsaid>. {Elder} looked at the gift [for a long time|without a word]. A tear ran down {ehis} cheek. Then {ehe} smiled, [like the sun after rain|a little crooked smile].
| {Elder} opened the door. {Ehe} saw the gift, and {ehis} [face grew soft|chin trembled]. "For me?" <easked>. "[Why?|Nobody ever brings me anything.]"
| "[Please take it|I thought of you]," <hsaid>. {Elder} turned the gift over [and over|in {ehis} hands] and [coughed|sniffed], and {ehis} grumpy face [melted|became soft].
"[Come in,|Would you like some tea?]" <esaid>. The house was full of [clocks|old maps|ship models|books|birds made of wood], and {elder} [told|knew] a story for each one.
| They sat [on the step|by the fire|in the garden], and {elder} told them how {ehe} had [sailed the sea|climbed a mountain|danced for a queen|fought a storm] when {ehe} was young.
| They [drank tea|sat] in a room full of [boxes|pictures|plants], and {elder} told {hero} about [the war of the kites|a ship with red sails|a dog named Duke|the winter of the wolves].
? After that, {hero} came [every week|often|each Sunday]. {He} [read to|sang for] {elder}, and {elder} taught {him} to [carve|bake|whistle|fish|play chess].
| {Hero} and {friend} [painted|mended] {ehis} [fence|roof|gate], and {elder} [gave them|shared] <fruit> from {ehis} trees.
? "[I was never angry at you|I was only lonely]," <esaid>. "[Thank you for knocking|You brought back the light]."
| <hglad>
<end>
""",
    "stage fright": """
worlds: town woods
act/part = sing/the second verse|play the flute/the high note|say a poem/the third line|dance/the big jump|do a magic trick/the trick with the scarf|play the drum/the fast part
| act in a play/the words of the king|tell a story/the end of the story|juggle/the last throw
show = the [spring|summer|winter|harvest|lantern] show
topic = the lights and the clapping|{show}
lesson = it is fine to be nervous and do it anyway|a friend makes you brave|a mistake is not the end of the song|brave hearts beat fast too
begin:
<open>
Soon there would be {show}, and {hero} was going to {act}.
| {Hero} could {act} very well [at home|when nobody looked]. Now {he} was asked to {act} at {show}.
? {He} practiced [in the bath|in front of a mirror|behind the house|under a tree] [every day|each evening|from morning till night]. {His} {parent} [clapped|hummed along].
| Each [evening|day], {he} practiced {part} until [even the cat knew it|{his} {parent} knew it by heart].

Then came the [evening|day] of {show}. There were [lamps|flags|lanterns] and [rows|lots] of faces. Everyone was there: {pal}, {elder} and [many more|all the neighbors].
| <Oneday>, it was time. [Behind the curtain|From the side], {hero} [peeked out|looked]. So many [eyes|faces]! {Elder} sat in front, and {pal} waved a <color> flag.
? <hscared>
"[I cannot do it|I want to go home]," <hsadly>. "[I have forgotten everything|My voice is gone|My head is empty]."
| {He} could not remember {part}. {His} [mouth|throat] was as dry as [sand|flour|dust].
"I am [scared|nervous] too, [every time|each time]," <fsaid>. "[Look only at me|Breathe with me]. [In and out|One, two, three]."
| {Friend} took {his} hand. "[Think of something nice, like <treat>|I will stand where you can see me|If you get lost, look at me]," {fhe} said.
? {Friend} gave {him} a [little|small] <color> [button|stone|feather|ribbon] for luck, and {hero} [held it tight|put it in {his} pocket].
| "And if I make a mistake?" <hasked>. "[Then we laugh, and you go on|Then you do it again|The moon will not fall down]," <fsaid>.

{Hero} [walked|stepped] out. {He} began [softly|slowly], and it went well. But then, at {part}, {he} [stopped|got stuck|made a mistake].
| "And now, {hero}!" someone called. {He} started [in a small way|with shaking knees]. All went well until {part}. There {he} [stopped|froze].
? It was so quiet that you could hear [a fly|the wind|a clock]. {Hero} looked at {friend}. {Friend} [smiled|nodded] and [clapped|tapped] the beat.
| {His} face grew [hot|red]. Then {he} saw {friend}, who [winked|held up a thumb|made a funny face], and {hero} had to [smile|grin].
{He} took a [deep|big] breath and did {part} [once more|again]. This time it was [perfect|better than ever|just right]!
| "[I will try that again|Once more]," {he} said out loud. Some [laughed|smiled] in a kind way. And then {he} did it, and it was [wonderful|perfect].
| [One more time|Slowly], {hero} [tried|did] {part}. {He} did not [shake|think], and it [flew|came] out right, as light as <soft_thing>.
When it was over, [everyone|the whole crowd] [clapped|cheered|stood up]. Someone threw [a flower|<flowers>].
| The clapping [sounded|was] like [rain on a roof|a big wave|a hundred wings]. {Hero} [bowed|took a bow], <number> times.
? <hglad>
? <hthanks>
| "[I was so proud of you|That was brave]," <msaid>. "[You went on|You did not run away]."
<end>
""",
    "the false alarm": """
worlds: town woods
danger/real = a wolf/a wolf with yellow eyes|a flood/brown water that rose and rose|a bear/a hungry bear|a fire/smoke and a small fire|a big snake/a long gray snake|a bull/an angry bull
escape = climbed a tree|jumped onto a high rock|hid behind a wall|ran up the hill
topic = true words|being safe at home
lesson = if you tell lies, nobody believes you when you tell the truth|trust is easy to lose and slow to win|a joke is not funny when it scares a friend
begin:
<open>
{Hero} liked to play tricks on {his} friends.
| {Hero} had one bad habit. {He} told lies to make {himself} laugh.
<Oneday>, {he} was bored. "Help! {Danger} is coming!" <hcried>.
| <Oneday>, {he} ran to {place} and shouted, "Help, help! I see {danger}!"
{Friend} [dropped|left] {fhis} lunch and came running. {Pal} came too, with [a stick|a rope|a pan]. "Where is it?" they cried.
| At once, {friend} and {pal} [came running|ran to help], [out of breath|without shoes|with wet feet]. "[Where|What happened]?" they asked.
"[It was only a joke|I fooled you]!" {hero} laughed. {Friend} was not [happy|amused]. "[That is not funny|We were afraid for you]," <fsaid>.
| {Hero} [fell over|shook] with laughter. "[You should see your faces|There is nothing here]!" {he} said. They went home [angry|shaking their heads].
? The next day {he} did it [again|once more]. "{Danger}!" {he} shouted. Again they came, and again {he} [laughed|grinned]. "[We will not come a third time|Do not call us again]," said {pal}.
| [Two days later|The day after], {hero} played the same trick. {Friend} came [anyway|all the same], and {hero} laughed [even louder|again]. "[I do not believe you any more|That was mean]," <fsadly>.

Then, on the third day, {hero} heard a [strange|low|bad] sound. {He} turned around. It was {real}!
| But then came a {day} [morning|evening], and {he} saw {real}. This time it was [true|real]!
<hscared> "Help! {Danger}! [It is true|Please come|I am not joking]!" {he} screamed.
| "Help! [Please, this time it is true|Really, it is real]!" <hcried>.
{Friend} heard {him}. "[That is {hero} with the old trick|Not again]," {fhe} said and [went on eating|closed the window|stayed at home].
| But nobody came. "[{Hero} is lying again|We know that joke]," said {pal}.
{Hero} [ran and ran|ran as fast as {he} could] and {escape}. There {he} sat, [shaking|all alone], until [it was dark|the danger was gone|the moon came up].
| At the last moment, {he} {escape}. {He} had to wait there for [hours|a long time], [cold|hungry] and <tired>.

Late in the evening, {his} {parent} [found|came looking for] {him}. {Hero} told {mhim} everything and cried. "[Now you know why it matters to tell the truth|They did not believe you, because you lied]," <msaid>.
| At last {friend} came by with a [lamp|lantern] and saw the marks in the [grass|mud|dust]. "[It was true this time|You really were in danger]!" {fhe} cried, and {fhe} helped {him} [down|home].
"I am so sorry," {hero} told {friend} and {pal} the next day. "[I will never lie to you again|I will not do it any more]."
| {Hero} went from [one friend|door to door] to [say sorry|the other]. "[I was wrong|I hurt your trust]," {he} said. "[I will tell the truth from now on|Please give me a chance]."
? "[It will take some time|We will see]," <fsaid>. "But [I am glad that you are safe|you are still our friend]."
| {Friend} looked at {him} for a while. Then {fhe} [held out {fhis} hand|nodded]. "[All right|We forgive you]," {fhe} said.
? {Hero} kept {his} word. [Week by week|Bit by bit], they trusted {him} again.
| And {he} never [told a lie|played that trick] again, [not even a small one|not once].
<end>
""",
    "saved coins": """
worlds: town
want/shop = <color> [bike|scooter|drum|kite|train set|guitar|telescope|sled|doll house]/the toy shop
job = washed cars|walked a big dog|raked leaves|watered gardens|carried bags|fed the hens|swept the steps|sold lemonade
job_two = fed the cats|cleaned windows|painted a fence|sorted bottles|pulled weeds|sold apples|carried wood
need/price = a little boy had lost his bus money and cried/a ticket home|an old woman had dropped her eggs and had no money left/new eggs|a hungry dog looked for food in the trash/a big bag of dog food
| a girl stood in the cold without shoes/a pair of warm boots|a man who played the fiddle had broken his strings/new strings|a family had lost their home in a fire/blankets and bread
| the library had a hole in its roof/wood and nails|an old horse had no warm place to sleep/straw and a blanket
topic = the {want}|the jar of coins
lesson = giving can feel better than getting|work and patience bring you closer to a wish|what you give comes back to you|a kind deed is never lost
begin:
<open>
In the window of {shop} stood a {want}. {Hero} looked at it every day [after school|on {his} way home]. But it cost a lot of money.
| {Hero} wished for one thing: a {want}. It was in the window of {shop}, [and|but] it cost more than {he} had.
| Every night {hero} dreamed of a {want}. There was one in the window of {shop}, but the price had [three|so many] numbers.
"[You can earn it|You will have to save]," <msaid> and gave {him} an [empty|old] jar. So {he} {job} for {elder}, and [clink|plink], there was the first coin.
| "How can I get so much money?" <hasked>. "[With work|Coin by coin]," <msaid>. So {hero} {job} for {elder} and {job_two} for [the neighbors|{friend}'s aunt].
| <idea> {He} {job} for {elder}. {He} {job_two} too. Every coin went into a [jar|tin|red sock].
? [Week|Day] after [week|day], the jar [grew heavier|filled up]. When {friend} bought [candy|ice cream|stickers], {hero} [said no|kept {his} coins].
| It took [all spring|a long time]. {He} [counted|shook] the coins each night: [ten, twenty, thirty|one little pile, then two, then five].
At last there was enough! <hglad> {He} [put on {his} cap|took the jar] and <hurry> to {shop}.
| Then, <oneday>, {he} counted, and {he} counted again. It was enough! {He} [hugged|grabbed] the jar and ran to town.
| Clink! The last coin [fell|dropped] into the jar, and {hero} [shouted|cheered]. {He} was on {his} way to {shop} [at once|before breakfast].

But on the way {he} [saw something|stopped]. {Need}.
| [At the corner|In front of the shop], {hero} stood still. {Need}.
? {He} looked at the jar. {He} looked at {shop}. "[I worked so hard|It is my money]," {he} thought. But {his} feet did not [move|want to go on].
| {Hero} [walked past|took three steps]. Then {he} turned around. "[I can wait|The {want} can wait]," {he} thought. "[This cannot|This is more important]."
So {he} opened the jar and paid for {price}. [Clink, clink|One by one], the coins were gone. But {hero}'s heart felt [warm|light|big].
| {He} used {his} coins to buy {price}. It [took|cost] almost all of them. "[Thank you|You are an angel]!" said [the voices around {him}|everyone who saw it].
| {Hero} turned the jar [upside down|over]. Out came the coins, for {price}. [It was gone in a minute|Only one was left], and {he} did not mind.

{He} walked home with an empty jar. "[Where is your {want}|Did you buy it]?" <fasked>. {Hero} told {fhim} [the story|what had happened].
| At home, {he} told {his} {parent} [about it|the whole story]. {Mhe} [said nothing and hugged {him} tight|wiped {mhis} eyes]. "I am so proud of you," {mhe} said.
| With an empty jar and a [light|full] heart, {hero} [ran|danced] home and told {friend} [all|everything].
But {elder} had [seen it all|heard of it]. The next morning there was a [knock|ring] at the door. "[I need help all summer|I have a job for you], and I pay well," <esaid>.
| {Friend} had an idea. "[I will help you earn it again|We will do it together]," {fhe} said. "[Two are faster than one|I can work too]."
| The whole [street|town] talked about it. [One week|Some days] later, a <color> envelope lay [on the step|at the door]. In it were coins [from all the neighbors|and a note: Thank you, {hero}].
| Some weeks later, {elder} [called|stopped] {hero} on the street. "[My old one stands in the attic|I do not need mine any more]," <esaid>. "[Paint it and it is yours|It is yours now]." It was a {want}!
By [autumn|the end of summer|winter], the {want} stood in {hero}'s [room|yard], and everyone was allowed to [use it|try it].
| And when {he} got the {want} at last, it was [twice as nice|even better], and {friend} [had the first turn|came to share it].
<end>
""",
    "chain of swaps": """
worlds: town woods
a/b/c/d = string/button/cup/lantern|feather/whistle/basket/blanket|shell/spoon/bell/chair|nut/ribbon/jar/wheel|stone/brush/plate/ladder|ball/hat/rope/bucket
goal/why = {d}/{his} {parent} needed one|{d}/{his} old {d} had broken|{d}/{he} wanted to give it to {his} {parent}
topic = the {d}|a day of swaps|how a {a} became a {d}
lesson = a fair trade makes two people happy|what is small to you may be big to another|it helps to ask what others need
begin:
<open>
<Oneday>, {hero} wanted a {goal}, for {why}. But all {he} had was a <color> {a}.
| {Hero} wished for a {goal}, because {why}. {He} [looked in|emptied] {his} pockets. There was [nothing but|only] a {a}.
"[What can I do with a {a}?|A {a} is not much,]" <hsadly>. "[Go and see who needs it|Everything is good for someone]," <msaid>.
| "[Maybe someone will trade|I will try to trade]," <hsaid>, and off {he} went to {place}.

First {he} met {friend}, who looked <sad>. "I need a {a}," <fsaid>. "[Without it I cannot finish my game|I have looked for one all day]." "[You can have mine|Take mine]," <hsaid>. {Friend} gave {him} a {b} for it.
| At {place} sat <afriend>. "[Oh, a {a}!|Is that a {a}?] That is just what I need," <fsaid>. "[Will you trade it for my {b}?|I will give you my {b} for it.]" "[Yes|Gladly]," <hsaid>.
? So now {hero} had a {b}. <walk_sight>
| {Hero} put the {b} in {his} [bag|pocket]. <walk_sight>
Next {he} met {pal_full}. {Pal} had a {c} but no {b}. "[Please, may I have the {b}?|I lost my {b} in the river,|I need a {b} so much,]" {pal} said. They traded, and both were <happy>.
| Then came {pal_full}. "What a fine {b}!" said {pal}. "[I would give my {c} for it.|Do you want my {c} for it?]" So {hero} gave away the {b} and got the {c}.
? "A {c} is [nice|bigger]," {he} thought, "but it is not a {d}." {He} walked on, [singing|humming|skipping].
| The {c} was [heavy|pretty], and {hero} [swung|carried] it [in {his} arms|on {his} head] [up the hill|along the path].
At last {he} came to {elder}, who sat [in front of the door|on a bench|under a tree] and [sighed|frowned]. "[My {c} is broken|I have no {c} any more]," <esadly>. "[How shall I manage?|And guests are coming.]"
| [Behind the hill|At the end of the path], {elder} was [looking for something|in trouble]. "[If only I had a {c}|All I need is a {c}]," <esaid>.
"[Here is one|You can have this one]," <hsaid> and held out the {c}. {Elder}'s face [lit up|shone]. "[What can I give you|What would you like for it]?" {ehe} asked. "[I have two of everything|Look around]."
| {Hero} held out the {c}. "[For me|Really]?" <easked>. "[Then you must have something too|Wait here]."
And there, [behind the door|in the corner|on a hook], was a {d}! {Elder} gave it to {him} [with a smile|with both hands].
| {Ehe} [went inside|opened a box] and came back with a <color> {d}. "[I never use it|It is yours]," {ehe} said.

{Hero} [ran|danced] home with the {d}. "[How did you get that|Where is your {a}]?" <masked>. "[It grew|It turned into a {b}, and then a {c}, and then a {d}]!" <hsaid>.
| At home {he} told {his} {parent} the whole story: how the {a} had become a {b}, the {b} a {c}, and the {c} a {d}. {Mhe} [laughed|clapped {mhis} hands].
? {Friend} had a {a}, {pal} had a {b}, {elder} had a {c}, and {hero} had a {d}. Everyone was <happy>.
| <hglad>
<end>
""",
    "quarrel and peace": """
worlds: town woods
project/part_a/part_b = a tree house/the roof/the door|a raft/the sail/the flag|a snow fort/the wall/the tower|a cave house/the bed/the window|a soap box car/the front/the back|a dragon kite/the head/the tail
| a hut of sticks/the roof/the floor|a puppet theater/the curtain/the stage|a bridge of stones/the middle/the end
color_a/color_b = red/blue|green/yellow|purple/orange|white/black|brown/pink
sorry = a drawing|<treat>|a flower|a letter with <number> hearts|the bigger half of a bun
topic = {project}|{friend} and {project}
lesson = saying sorry first is strong|two ideas can live side by side|friends can be angry and still be friends|it is better to listen than to shout
begin:
<open>
{Hero} and <afriend> did everything together. <Oneday>, they began to build {project}.
| <Oneday>, {hero} said to <afriend>, "Let us build {project}!" "[Yes, let us|What fun]!" <fsaid>.
? {Hero} [worked on|made] {part_a}, and {friend} [worked on|made] {part_b}. They [hummed|joked|whistled].
| They [gathered|carried] [wood|boxes|ropes], [nails|paper|string] and [a big sheet|an old pot|two buckets]. {Hero} began with {part_a}, and {friend} with {part_b}.
"We will paint it {color_a}," <hsaid>. "No, {color_b}," <fsaid>. "{Color_a}!" "{Color_b}!"
| "[It must be|I want it to be] {color_a}," <hsaid>. "But {color_b} is [much better|so pretty]," <fsaid>.
They [shouted|yelled] louder and louder. "[You always want to be the boss|You never listen to me]!" <fcried>. "[It was my idea|Then build it alone]!" <hcried>.
| {Hero} [stamped|turned red]. {Friend} [crossed {fhis} arms|stuck out {fhis} tongue]. In the [fight|noise], {part_a} [fell down|broke] with a [crash|crack].
{Friend} [ran|walked] home. {Hero} was all alone with half of {project}.
| "[I am going home|I do not want to play with you]!" {friend} said. [And off {fhe} went|Then there was silence].

{Hero} tried to [go on|finish] alone. But nobody [held the other end|passed the nails|laughed at {his} jokes].
| {He} [kicked a box|threw a stick]. "[Who needs {friend}?|I can do it alone,]" {he} [said|growled]. But it was [too quiet|no fun|too hard] alone.
? <hsad>
? At supper {his} {parent} asked, "[Where is {friend}|Why so quiet]?" {Hero} told {mhim}. "[Can a thing have two colors|What is more fun, to be right or to have a friend]?" <masked>.
| {Elder} [saw {him}|passed by]. "[A color is a small thing to lose a friend for|I once lost a friend over a hat]," <esaid>. "[Do not wait too long|Go and talk]."
{Hero} [lay awake|thought about it] [all night|for a long time]. In the morning {he} [made|took] {sorry} and went to {friend}'s home.
| {Hero} got {sorry} and [set out|started walking]. {His} heart [beat fast|was pounding].
Halfway there, {he} met {friend}, who was coming to {him}! "I am sorry," they both said at the same [time|moment], and they [laughed|giggled].
| {Friend} opened the door at once. {Fhis} eyes were red. "[I am sorry|I was silly]," <hsaid>. "[Me too|So was I]," <fsaid>.
"[You can have {color_b}|Let us make it {color_b}]," <hsaid>. "[No, you can have {color_a}|But {color_a} is nice too]," <fsaid>. So they made {part_a} {color_a} and {part_b} {color_b}.
| "I thought about it," <fsaid>. "[What if|How about] {part_a} is {color_a}, and {part_b} is {color_b}?" "[That is perfect!|Why did we not think of that?]" <hsaid>.

? When it was [done|ready], {project} was the [finest|most beautiful] [far and wide|in the world], and [two colors|{color_a} and {color_b}] looked better than one.
| Then they finished {project}. [They sat in front of it|They sat down] and <snack>. {Color_a} and {color_b} [shone|glowed] in the evening sun.
? <hglad>
<end>
""",
    "the boaster": """
worlds: woods
feat = jump over the stream|climb to the top of the tallest pine|swim across the river|run up the hill without stopping|balance on the thin branch
| carry <number> logs at once|walk over the pond on the lily pads|leap from rock to rock
fall = fell into the [cold water|mud] with a splash|got stuck and could not move|lost {his} hold and landed in the mud|rolled down and landed in a thorn bush|slipped and sank up to {his} neck
helper_way = a long branch|a rope of grass|a strong arm|two logs and a lot of care
topic = the day {he} wanted to {feat}|mud and friends
lesson = it is better to be a friend than to be the best|boasting does not make you strong|everyone is good at something|it is fine to say that you cannot do a thing
begin:
<open>
{Hero} liked to boast. "I am the [best|fastest|strongest] {kind} in the [woods|world]," {he} told [everyone|all who would listen].
| All day {he} talked about {himself}. "[Nobody is as good as I am|I can do anything]," {he} [said|bragged].
{Friend_full} was [quiet|slow|small] and never boasted. "[You cannot do anything,|What can you do, {friend}?]" {hero} laughed. {Friend} said nothing.
| "[Look at {friend}|Poor {friend}]," {hero} said. "So [slow|small|quiet]. [I am much better|{Fhe} cannot do what I can]." {Friend} only [smiled|looked at the ground].

<Oneday>, they were all at {place}. "[Watch me|Look here]! I can {feat}," <hcried>. <sky>
| <Oneday>, {hero} stood in front of {friend}, {pal} and {elder}. "[Today|Now] I will {feat}!" {he} [said|boasted].
"[Be careful|Please do not do it], it rained last night," <fsaid>. "[It is slippery|It is too dangerous]." {Hero} [laughed|would not listen]. "[You are only afraid|Not for me]!"
| "That is [not safe|too hard]," <esaid>. "I know what I can do," <hsaid>, and {he} [puffed out {his} chest|lifted {his} chin].
{He} [took a deep breath|ran up|spat on the ground] and [began|started]. For a moment it looked [good|great]. And then {he} {fall}.
| One, two, three, and [up|off] {he} went. "[See|Look at me]!" {he} shouted. But just then {he} {fall}.
? "[Help|Oh no, help me]!" <hcried>. {Pal} [laughed|giggled]. The others [stood and stared|did not know what to do].
| {He} could not [get out|move]. The more {he} [kicked|struggled], the worse it got. <hscared>

Only {friend} [came|did not laugh]. {Fhe} used {helper_way}, and [slowly|inch by inch] {fhe} pulled {hero} out.
| {Friend} [stayed calm|thought fast]. "Hold on," <fsaid>. With {helper_way} {fhe} pulled {him} to safety.
{Hero} was [wet|dirty] from head to [toe|tail], and {his} face was red. "Why did you help me?" {he} asked. "[I was so mean to you|I laughed at you]."
| {Hero} sat in the grass, [cold|wet] and ashamed. "I was [silly|wrong]," <hsadly>. "[I laughed at you, and you saved me|You are the strong one]."
? "[Because you are my friend|Friends help]," <fsaid>. "[You do not have to be the best for me|I like you without big words too]."
| {Friend} [shrugged|smiled]. "[Everyone falls sometimes|I can be slow and still be useful]," {fhe} said and [gave {him} a leaf to dry off|shared {fhis} scarf].
? ["What else can you do that I do not know?" <hasked>|"Teach me to be careful like you," <hsaid>]. {Friend} [showed {him}|laughed and showed {him}] how to [weave a basket|find sweet roots|read the clouds|walk without a sound].
| After that, when someone else did something well, {hero} was the first to [clap|cheer]. "[Bravo|Well done], {friend}!" {he} would say.
? <hglad>
<end>
""",
    "the little stand": """
worlds: town woods
stand/drink = lemonade/lemons|apple juice/apples|berry juice/berries|mint tea/mint leaves|carrot cakes/carrots|corn soup/corn|nut cookies/nuts
cause = a new roof for {elder}|a bench at {place}|a new book for the reading corner|a warm coat for {pal}|seeds for a big garden|a bridge over the stream|a doctor for the sick old horse
trouble = a [dog|goat|goose] knocked over the table|the rain came down|nobody stopped to buy|the sun was too hot and the path was empty|a wasp scared everyone away
fix = {friend} painted a bright sign|they carried the table under a big tree|they gave everyone a free sip|they sang a funny song and danced|{friend} put on a costume and rang a bell
topic = the {stand} stand|coins in a jar
lesson = when you work for others, work is fun|a good idea and a friend can do much|a good plan can have a second part
begin:
<open>
<Oneday>, {hero} heard about {cause}. There was no money for it. "[I want to help|We should do something]," {he} told {friend}.
| Everyone wished for {cause}, but nobody had the money. {Hero} [wanted to help|could not stop thinking about it].
<idea> "We will sell {stand}!" {he} said. {Friend} [liked it at once|clapped {fhis} hands].
| ["What can we make?" <fasked>|"Let us sell something," <fsaid>]. They thought of [hats|songs], of [boats|pictures], and in the end of {stand}.
? They [gathered|bought|washed] a [big basket|heap|bag] of {drink} and [squeezed|stirred|cut|chopped] until their [arms|hands] were <tired>.
| {His} {parent} helped with the {drink}. {Hero} [tasted|tried] it. "[Too sour|Not sweet enough]," {he} said. "[A bit of honey|More sugar]!" Then it was just right.
They set up a table near {place}, with a <color> cloth and [cups|<flowers> in a jar|a little flag]. "[{Stand} for sale|Come and try our {stand}]!" they [called|shouted].
| Near {place} they put [a box|two barrels|an old door] for a table. {Friend} [wrote|painted] "{Stand}" on a [board|sheet].

At first things went [well|fine]. Then {trouble}.
| But before long, {trouble}.
<hsad> "[Nobody wants our {stand}|It is all over]," {he} said.
| "[What now?|All that work!]" <fsadly>.
But they did not give up. <idea> So {fix}.
| "[We cannot stop now|We need a new plan]," <hsaid>. So {fix}.
Soon {pal} came, and then {elder}, and then [a whole family|a long line|the fire brigade|a band of singers]. "[Two, please|This is delicious|The best I ever had]!" they said.
| It [worked|helped]! One [came|stopped], then five, then [twenty|more than they could count]. {Elder} [bought|ordered] <number>.
? [Clink, clink|Plink, plonk] went the coins. By [evening|sunset], the [pot|jar|hat] was [full|so heavy that they carried it together].
| They [poured|sold|laughed] until the last drop was gone. Then they [counted|stacked] the coins [twice|by candle light]. It was enough!

? "You did this for {cause}?" <easked>. {Ehis} eyes [were wet|shone]. "[You have big hearts|I am so proud of you]."
| A week later, everybody [came|stood together] to see it: {cause}. Someone had [tied|put] a <color> ribbon on it and [written|painted] two names: {hero} and {friend}.
? <hglad>
| "[What shall we do next|Shall we do it again]?" <fasked>. {Hero} [laughed|grinned]. "[First we sleep|First a nap]," {he} said.
<end>
""",
}

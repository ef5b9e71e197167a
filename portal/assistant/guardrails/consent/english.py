"""English."""

from portal.assistant.guardrails.consent.grammar import Language, Sense

NAMES = {
    # What is judged.
    "noun": """
        booking|appointment|reservation|slot|time slot|spot|time|one|visit|session|class|lesson|table|ticket|tickets
        |seat|seats|place|treatment|option|room|event|meeting|consultation|viewing|purchase|order|request|deal|rental|transaction""",
    "facts": """
        details|detail|information|info|data|date|day|day and time|date and time|summary|choice|plan|schedule
        |arrangement|<noun>""",
    "that": """
        that|this|it|these|those|they|everything|all|all [of] (that|this|it|these|those|them)
        |(that|this|it|these|those) all|[all] (details|information|info)
        |[all] [of] (the|that|this|these|those|your|my) <facts> [you have|above|here|there]
        |thats|its|tht|thst|taht""",
    "is": """
        is|are|(will|would|should|shall|must) be|(does|do) (look|sound|seem)|is going to be|looks|look|seems|seem|sounds|sound|feels|[is|are] found
        |(seems|seem|looks|appears|appear) [to be]|(looks|sounds|seems) like""",
    "that is": """
        <that> [all] <is>|(thats|its) [be]|thts|itd be|itll be|thatd be|thatll be|thisll be|everythings|theyre""",
    "degree": """
        all|very|so|just|really|pretty|quite|super|absolutely|totally|perfectly|exactly|completely|definitely
        |entirely|precisely|certainly|indeed|simply|fully|about|just about|more than|much|even|actually|now|both|most""",
    # What it is called.
    "great": """
        good|great|perfect|pefect|prefect|grand|excellent|awesome|amazing|wonderful|lovely|fantastic|ideal|nice|splendid
        |terrific|brilliant|marvelous|superb|fabulous|delightful|outstanding|magnificent|super|sweet|swell
        |beautiful|neat|stellar|peachy|dandy|impeccable|flawless""",
    "right": """
        right|correct|true|accurate|exact|spot on|on point|confirmed|approved|agreed|in order|settled|acceptable
        |suitable|satisfactory|appropriate|appreciated|affirmative|better|best|cool|fine|well""",
    "good": """
        <great>|<right>|ok|okay|alright|all right|good to go|a deal|a winner|a go|a yes|ready|[a] plan
        |a (good|great|perfect|lovely|fine|nice) (idea|plan|time|choice|option|one|fit|match)""",
    "bad": "wrong|incorrect|false|inaccurate|mistaken|a mistake|an error|bad|no good|terrible|unacceptable|off",
    "works": """
        work|works|working|do|does|do it|does it|do the trick|suit|suits|fit|fits|(check|checks|work|works) out
        |adds up|takes care of it""",
    "how": """
        [<degree>] (well|fine|good|great|perfect|perfectly|nicely|wonderfully|ok|okay|alright|best|right|beautifully
        |out|better)""",
    "me": "me|us|both of us|(my|our) (schedule|calendar|needs|plans)",
    "for me": "[just] (for|with|by|to) <me>|[on|from] my (end|side)",
    "too": "too|as well|now|then|enough|indeed",
    "want": """
        (i|we) [just] (want|need|wanted|needed|would like|said|asked for|ordered|requested|prefer|chose|picked|meant)
        |id (like|prefer)|i (had in mind|hoped for|was thinking [of])|im after|i [just] told you|(i have|ive) [just] (said|asked [for])
        |(im|i am|i was|ive been) (looking|waiting|hoping) for|i was after""",
    # What is done, and to what.
    "it": """
        it|that|this|them|those|these|(that|this|those|these|the|my|our|your) <noun>|everything|all of (it|that)
        |(the|these|those|my) [<noun>] (details|information)""",
    "act on it": "confirm|finalize|finalise|complete|process|accept|approve|submit|verify|validate",
    "deed": """
        do (it|that|this|so|the same)|<act on it> [<it>|the same]|proeed|procede|take care of it
        |(proceed|continue|go (ahead|on)|carry on) [further] [with [the] (<it>|booking|reservation) [process]|with the process|as it is]
        |complete the (booking|reservation) process|go (for|with|through with) <it>|make (it|that|this) (happen|so|official)""",
    "for whom": "(for|with) (me|us)|[right] now|please|right away|then|straight away|immediately",
    "id like": """
        (id|wed|i would|we would) (like|love) [you] to|(i|we) [do] want [you] to|i need you to|i wish to""",
    "may": """
        i|you (can|may|could|should) [now]|please|kindly|just|now|lets|let us|feel free to|help me|go (ahead|on) and|proceed (to|and)|permission to
        |you have my permission to|ill|i (will|can|do|hereby|shall)|we can|<id like>""",
    "friend": "sir|maam|madam|miss|man|mate|buddy|bro|dude|dear|friend|my friend|guys|hon|honey|boss|pal|love",
    "sure": "certainly|sure|definitely|absolutely|indeed|really|surely|most certainly",
    "you got": """
        (you|u|youve|you have|[you|youve|you have] finally) (got|gotten|have|had|understood|nailed|heard|read|noted)""",
    # What is not wanted.
    "do not": "dont|do not|dont you dare|never|you (should not|shouldnt)|please (dont|do not)|lets not",
    "no wish": """
        (i|we) [really|just|actually|still] (dont|do not|no longer|never|didnt|did not) (want|wish|need|intend|plan|mean)
        |id rather not|i would rather not|i would prefer not|id prefer not|i (will|would) not|i wont|i wouldnt
        |i (refuse|decline)|(im|i am) not going""",
    "any more": "any more|anymore|at all|after all|now|right now|please|thanks",
    "is not": """
        is not|isnt|are not|arent|was not|wasnt|(does not|doesnt|dont|do not) (sound|look|seem)|(isnt|is not) quite""",
    "keep": "[please|just] [lets|ill|i will|id like to|i would like to|i want to] [just] (keep|leave|stick (with|to)|stay with)",
    "as it is": "[just] (as it is|as is|the way it is|as planned|as it was|then|please|for now|alone)",
}

PHRASES = {
    Sense.FILLER: """
        please|pleas|plese|pls|plz|kindly|just|then|now|well|oh|ah|hey|actually|um|uh|right now|right away|for (me|us)
        |<friend>|so far|sorry|got it|understood|i see|you know|finally
        |no (problem|problems|worries|issues|issue|changes|objections|concerns|complaints) [here|needed|at all|from me]
        |i (cant|can barely|can hardly) wait [to do (that|this|it)|for (it|that|this)]""",
    Sense.OPEN: "and|so|&",
    Sense.CLOSING: """
        [<degree>|many] (thanks|thank you|thanks you|thank u|thankyou|thx|thnx|ty|tysm|cheers) [<friend>]
            [kindly|so much|very much|a lot|a bunch|a ton|a million|again|indeed|ever so much|in advance]
            [for (everything|that|this|it|the same|[all] the help|helping [me]|your time|doing that)]
            [for (your|you) [all] [kind|great|patient] [and patient] (assistance|help|service|support|patience)]
        |[i] [really|much|greatly] (appreciate|appreciated) [it|that|this|your help|the help]|much obliged|i thank you
        |(youre|you are|you have been|youve been) [<degree>] (helpful|kind|great|awesome|amazing|wonderful|the best)
        |(thats|that is) [a] (great|big) help""",
    Sense.DONE: """
        [i think|i believe] (thats|that is|this is|its|it is|that was|(that|it) (will|would|should) be|thatd be|thatll be)
            (it|all|everything) [i think|i believe|for now]
        |[were|youre] all set|[thats|that is|that was] all (i|we) (need|needed|want|wanted) [from you]""",
    Sense.WEAK: """
        ok|okay|k|kk|okey|okie|sure|cool|fine|alright|alrighty|alight|all right|(okay|okey|okie) (dokey|dokie)|(fair|good|fine) enough
        |(thats|its|that is|it is) (ok|okay|alright|all right)""",
    Sense.PRAISE: """
        [<degree>] <great>|wow|yay|hooray|hurray|woohoo|(good|great|nice|wonderful) (work|job|idea|choice|one|stuff|deal)|<degree> cool
        |[i] (like|love) (it|that|this|(that|this) one|the sound of (it|that|this)) [a lot|very much]""",
    Sense.YES: """
        y|yes|yeah|yea|ye|yah|ya|yeh|yep|yup|yeap|yas|yessir|yest|yesm|ues|yse|aye|affirmative|absolutely|definitely
        |certainly|surely|totally|of course|for sure|sure thing|indeed|precisely|[<degree>] (correct|right|true|fine)
        |agreed|accepted|approved|deal|granted|permission (granted|allowed)|by all means|naturally|obviously
        |without question|you bet|you betcha|uh huh|mhm|roger [that]|right on|spot on|on point|bingo|amen|lets|very well|sold|done deal|right you are|on the money
        |(hell|heck) (yes|yeah)|[yes] to (that|this|it|everything)|all of (it|that|this)|thats more like it
        |exactly [right|that|so|it|the same]|(thats|that is) (exactly|definitely|just|just about|about) it
        |(thats|that is) it exactly|👍|👌|✅|✔|☑|💯|🆗|👏

        # "That is good", "looks good to me", "I think all of the details are correct"
        |[as i said] [i [can|do] (think|believe|agree|confirm|affirm|see|acknowledge) [you] [that]]
            <that is> [<degree>] [<degree>] <good> [<for me>] [<too>]
        |(looks|look|sounds|sound|seems|seem|feels|is|are|would be|will be|that|those|it|this|everything|all)
            [like] [<degree>] [<degree>] <good> [<for me>] [<too>]
        |<great> sounds|<good> <for me>|[<that>] (sounds|looks) like (it|that|this) ((will|would|should) work|(is|are) <good>) [<for me>]
        # "That works for me", "it suits me well"
        |[i (think|believe) [that]] <that> [all|just|<sure>] [will|would|should|could|can] [just|<sure>]
            <works> [<how>] [<me>] [<how>] [<for me>] [too|as well]
        |(thatll|itll|thatd|itd) [just|all] <works> [<how>] [<me>] [<for me>]|works [<how>] [<for me>]
        |(will|would|should) (work|do) [it] [<how>] [<for me>]|(suits|suit|fits) [<me>] [<how>]
        # "Exactly what I want", "that is the one for me"
        |[<that is>|that|its] [<degree>] (what|as|how|(the [exact] (one|time|thing|appointment|plan)) [that]) <want>
            [to do|to hear|you to do|to happen|it [to be]] [exactly|for me]
        |<that is> [<degree>] what (works|will work) [<for me>]|<that is> [<degree>] (the (right|correct) <facts>|the ([right] (one|time|plan|place|spot)|ticket|spirit|way)|my (choice|order|wish|plan|instructions|preference))
            [for (me|us)]
        |<that> was (right|correct|my (order|choice))|i want the same
        # "You got it right", "you are right"
        |<you got> (it|that|everything|<that>) [all] [right|correct|correctly|perfectly|exactly|down|covered|figured out]
        |<you got> [all] the ((right|correct) <facts>|<facts> [all] (right|correct|correctly))
        |(youre|you are|you were) [<degree>] (right|correct|spot on|on point) [about (that|it|this|everything)]|you (know|said|nailed) it|you [<sure>] do
        |you (understood|understand|heard) [me] (right|correctly|perfectly|well)
        # "I do", "I would love that", "I am fine with it"
        |i [<sure>] (do|am|can|will|would|do indeed|think so|believe so)|<sure> (do|am|will|would|is|does)
        |(it|that|this) [<sure>] (is|does)|go on
        |(i am|im) [<degree>] (sure|certain|positive|in agreement|in|down|game|ready|for it|excited)
        |(i am|im|id be|i would be) [<degree>] (happy|okay|ok|fine|good|cool|down|satisfied|comfortable|pleased|in agreement)
            with (<it>|this arrangement) [too]
        |[i|we] [<sure>] (agree|accept|approve|concur|consent) [to (that|this|it|[your|the] terms)]
            [with (that|this|it|you)] [of (that|this|it)] [completely|totally]
        |[[i|we] [do|<sure>] (would|do|really|very much)] [really|very much] (like|love|want|appreciate)
            (that|this|it|to|to do (that|this|it|so)) [very much|a lot|indeed]
        |(id|wed) [really|very much] (like|love) (that|this|it|to|to do (that|this|it|so)) [very much|a lot|indeed]
        |(i|we) (want|need|prefer) (that|this|it|(this|that) one|to do (that|this|it|so))""",
    Sense.ACT: """
        [<may>] [<may>] <deed> [<for whom>] [<for whom>]|(confirming|confirmed) [<it>]|confirm [that] <that is> [<degree>] <good>
        |[i] confirm (all|that all|all that)|(i|i have|ive) (verified|checked|confirmed) [<it>]|i affirm <it>
        |[<that is> [<degree>] <good>] to proceed [further] [with [the] (<it>|booking) [process]]
        |go right ahead|lets (roll|rock)|(i am|im) [<degree>] (happy|ready|fine|good) to (proceed|confirm|go [ahead]) [with <it>]
        |(please|pleas|pls|plz) do|lets (do|try) (it|that|this)|lets go [ahead] [[for|with] (it|that)|do it]|get it done""",
    # Said in earnest or in mockery.
    Sense.UNSURE: "yeah right",
    Sense.NO: """
        no|nope|nah|n|naw|nay|no way|no (sir|maam)|negative|uh uh|nuh uh|never|hell no|no chance|👎|❌|🚫|🙅
        |(absolutely|definitely|certainly|of course|surely|probably|clearly|obviously|preferably|better|maybe|perhaps) not
        |not (really|at all|exactly|quite|particularly|a chance|so fast)|by no means|no can do
        |i (dont|do not) [think so|believe so]|i (would|will|am) not|i (wouldnt|wont)|im not|(it|that) (is not|isnt)
        |(thats|that is|it is|its) a no|im afraid not|i (think|guess) not|hard (no|pass)|no go|(no|nope|nah) (im|i am) (good|fine|ok|okay|alright)""",
    Sense.REFUSAL: """
        (never mind|nevermind) [that|it|this]|forget [about] (it|that|this)|stop [it|that|this]|(discard|scrap|scratch|drop|ignore) (it|that|this)
        |decline|declined|abort|reject|rejected|denied|call it off|no deal|no need [to]|(dont|do not) (bother|worry about it)|(ill|i will|i) pass|pass
        |(i|i have|ive) [just] changed my mind|change of (plan|plans|mind)
        |[lets] leave (it|that|this) [alone|be|as is|as it is|as it was|for now|out|there|at that]|keep it [<as it is>]
        |not (interested|right|correct|true|accurate|good|okay|acceptable|what <want>|like that) [<for me>]
        |not (that|this|it|those|these) [one|time]|not (now|right now|at the moment|for now|for me)|not the [right] (one|<facts>)|no longer (needed|interested)
        |[the|thats the|that is the] (wrong|incorrect) <facts>|i [have] made a mistake
        |(im|i am) not (interested|happy [with <it>]|(ok|okay|fine) with <it>)
        |i (disagree|object|(do not|dont|cant|cannot|wont|will not) (agree|accept|confirm|approve|like) [<it>|to (it|that)])
        |[<that is>|you are|youre] [<degree>] <bad>|you (misunderstood [me]|made a mistake)|there is a mistake
        |(<you got>|youve gotten) (it|that|this|everything|me) [all] [<degree>] (wrong|incorrectly)
        |(<that> <is not>|(thats|its|theyre) not|this aint|that aint)
            [<degree>] (<good>|it|what <want>|[the] [right] one|true) [<for me>]
        |[<that>] (doesnt|does not|dont|do not|wont|will not|wouldnt|would not|cant|didnt) <works> [<how>] [<me>] [<for me>]
        |[<do not>] <do not> [<deed>|(do|book|reserve|schedule|make|want) [<it>|me|anything]] [in] [<any more>]
        |<no wish> [<it>|so] [to] [have] [<deed>|(book|reserve|schedule|make|do) [<it>|me|anything|an appointment|a booking]]
            [<any more>]""",
}

_DECLINE = "not now|maybe (later|another time|some other time)|some other time|another time"
_KEEP = """
    <keep> (it|(my|the|our) [old|original|current|existing] (booking|appointment|reservation|time|slot|visit|session|class))
        [<as it is>]|keep|keep mine"""


def _unwanted(acts: str) -> str:
    """Not wanting one of ``acts``."""
    return f"""
        [<do not>] <do not> ({acts}|touch) [<it>|anything] [<any more>]|<no wish> [to] ({acts}) [<it>] [<any more>]
        |<no wish> <it> [to be] (canceled|cancelled|moved|changed|rescheduled)"""


BY_KIND = {
    "create": {
        Sense.ACT: """
            [<may>] [<may>] (book|reserve|schedule|buy|purchase|order|secure) [me] [<it>] [in] [<for whom>] [<for whom>]
            |[<may>] [<may>] (book|sign|put|pencil) me (in|up|down) [for <it>] [<for whom>]|count me in|booked|[<may>] [<may>] make it
            |[<may>] [<may>] (make|place) (the|that|this|my|our) (booking|reservation|appointment|purchase|order) [<for whom>]
            |[<may>] [<may>] get (it|that|this|those|them) (booked|reserved|scheduled|done) [<for whom>]
            |[<may>] [<may>] get (me <it>|(the|those|that|my) <noun>) [<for whom>]|(confirm|complete|book|make|place) (booking|reservation|appointment)
            |(proceed|continue|go ahead) with (making|booking|reserving|buying|scheduling) [<it>]
            |[<may>] [<may>] (set|lock) (it|that|this|everything) (up|in) [<for whom>]
            |(ill|i will|ill just|id|we will|well) (take|have|go with|go for|grab) <it>""",
        Sense.REFUSAL: f"{_DECLINE}|[please|lets|just] cancel [it|that|this]|delete (it|that|this)",
    },
    "cancel": {
        Sense.ACT: """
            [<may>] [<may>] (cancel|delete) (it|(the|my|that|this|our) (booking|appointment|reservation|visit|session|class))
                [<for whom>]
            |[<may>] [<may>] (proceed|go ahead|continue) with (the|my|that) cancellation
            |(confirm|confirmed) [the|my|that|this] cancellation|cancel (appointment|booking)""",
        # To cancel may also be to leave the question.
        Sense.EITHER: "[<may>] cancel [that|this|them] [for (me|us)]",
        # May be said of the booking, which then should stand.
        Sense.UNSURE: """
            [<may>] [<may>] (<act on it>|(proceed|continue|go ahead|go) with) [the|my|this|that|our] <noun>
            |(the|my|this|that|our) <noun> (<is> [<degree>] <good>|<works> [<how>]) [<for me>]
            |(i|we) (want|need|like|love) (it|(the|my|this|that|our) <noun>)""",
        Sense.REFUSAL: f"""
            {_DECLINE}|{_KEEP}|{_unwanted("cancel|delete|remove")}
            |(i|we) still (want|need) (it|(the|my|our) <noun>)|(ill|i will) (be there|come)|(im|i am) [still] coming""",
    },
    "reschedule": {
        Sense.ACT: """
            [<may>] [<may>] (move|reschedule|change|switch) (it|(the|my|that|this|our) (booking|appointment|reservation))
                (there|to (that|this|the new) [time|slot|one])
            |confirm [the|that|this|my] new (time|slot|one|appointment)|(ill|i will|ill just|well) (take|have) <it>""",
        Sense.EITHER: """
            [<may>] [<may>] (move|reschedule|change|switch|book) [it|that|this|them] [<for whom>]
            |[<may>] [<may>] (move|reschedule|change|switch) (the|my|that|this|our) (booking|appointment|reservation|visit|session)
                [<for whom>]""",
        Sense.UNSURE: "[<may>] [<may>] (move|change|switch|reschedule) [the|my|that|this|our] (time|slot|date|day)",
        Sense.REFUSAL: f"{_DECLINE}|{_KEEP}|{_unwanted('move|reschedule|change|switch')}",
    },
}

LANGUAGE = Language(NAMES, PHRASES, BY_KIND)

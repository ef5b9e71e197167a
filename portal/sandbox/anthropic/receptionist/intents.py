"""What a customer is after, told by set phrases. Several may hold for one message."""

import re
from enum import StrEnum

from portal.sandbox.anthropic.receptionist.language.words import has_phrase


class Intent(StrEnum):
    """One wish or act of speech."""

    GREETING = "greeting"
    THANKS = "thanks"
    BYE = "bye"
    HOW_ARE_YOU = "how_are_you"
    WHO_ARE_YOU = "who_are_you"
    JOKE = "joke"
    COMPLIMENT = "compliment"
    BOOK = "book"
    CANCEL = "cancel"
    RESCHEDULE = "reschedule"
    LOOK_UP = "look_up"
    SHOW = "show"
    ABANDON = "abandon"
    HUMAN = "human"
    COMPLAINT = "complaint"
    ADVICE = "advice"
    INJECTION = "injection"
    ABUSE = "abuse"
    RECOMMEND = "recommend"
    SERVICES = "services"
    PRICE = "price"
    DURATION = "duration"
    HOURS = "hours"
    ADDRESS = "address"
    CONTACT = "contact"
    YES = "yes"
    NO = "no"
    QUESTION = "question"


_MINE = r"(?:my|the|our|this|that|an?|existing|upcoming)"
_APPOINTMENT = r"(?:appointment|booking|reservation|visit|session|slot|appt)s?"

_PHRASES: dict[Intent, tuple[str, ...]] = {
    Intent.GREETING: (r"hi|hello|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day)|yo",),
    Intent.THANKS: (r"thanks?|thank you|thx|cheers|appreciated?|ta",),
    Intent.BYE: (
        r"bye|goodbye|see you|see ya|have a (?:good|nice|great) (?:day|one|evening|weekend)|that's all|that is all|"
        r"nothing else",
    ),
    Intent.HOW_ARE_YOU: (r"how are you|how's it going|how are things|how do you do|what's up|how is your day",),
    Intent.WHO_ARE_YOU: (
        r"(?:are|am|is|was) (?:you|i|this|that|it|there)\b.{0,40}\b(?:human|bot|robot|ai|a\.i\.|machine|real|"
        r"chatbot|computer|"
        r"automated|person|program)|(?:you a|you an|ur a) (?:human|bot|robot|ai|machine|real|chatbot|computer)|"
        r"(?:bot or|human or|person or|robot or) |who are you|what are you|who is this|"
        r"who am i (?:talking|speaking|chatting)|what's your name|what is your name|what can you do|how can you help",
    ),
    Intent.JOKE: (r"joke|funny|weather|sing|poem|favou?rite|meaning of life|football|who won",),
    Intent.COMPLIMENT: (r"awesome|amazing|you're great|well done|love it|nice one|very helpful|so helpful",),
    Intent.BOOK: (
        r"book(?:ing)?|schedule|reserve|make an? " + _APPOINTMENT + r"|set up an? " + _APPOINTMENT,
        rf"(?:need|want|like|get|have|take|see|looking for|fit me in|squeeze me in).{{0,30}}{_APPOINTMENT}",
        r"availab\w*|opening|openings|free (?:slot|time)s?|how soon|add (?:a|an|another|on)|any(?:thing| slots?|"
        r" times?) (?:free|open|available|"
        r"left)|anything (?:on|for|at|this|next|tomorrow|today|after|before|in)|fit me in|"
        r"squeeze me in|come in|come (?:out|over|by|round)|(?:can|could) (?:someone|somebody|anyone|you) come|"
        r"something (?:on|for|next|this|tomorrow|today|after|before|in)|what times|"
        r"which times|when can i|earliest|soonest|(?:got|have) anything|you free|sign me up|put me (?:in|down)|"
        r"(?:want|like) to (?:try|come|join)",
    ),
    Intent.CANCEL: (
        rf"cancel(?:l?ing|l?ed)? (?:{_MINE} )?(?:\w+ )?{_APPOINTMENT}|cancel (?:it|that|this|everything)|(?:want|"
        rf"need|have|like) to cancel|"
        r"call off|(?:can't|cannot|won't) (?:make it|come|attend)|please cancel|cancel please|cancellation of my",
    ),
    Intent.RESCHEDULE: (
        rf"reschedul\w*|(?:move|change|shift|push|postpone|switch) (?:{_MINE} )?(?:\w+ )?{_APPOINTMENT}|postpone|"
        rf"(?:move|push|shift|change) (?:it|that|this) (?:to|back|forward|by)|change the (?:date|day|"
        rf"time) of {_MINE} {_APPOINTMENT}",
    ),
    Intent.LOOK_UP: (
        rf"(?:look up|check|find|see|show|view|confirm|status of|details (?:of|for|on|about)|"
        rf"what about) (?:me )?(?:{_MINE} )(?:\w+ )?{_APPOINTMENT}(?! for)|"
        rf"(?:when|what time|where) (?:is|was|'s) (?:my|our) (?:\w+ )?{_APPOINTMENT}|do i have an? {_APPOINTMENT}|"
        r"what (?:exactly )?(?:did (?:i|you|we) (?:just )?book|have i (?:just )?booked|is booked|was booked)|"
        r"what time (?:was|is) (?:that|it)(?: again)?|when (?:was|is) (?:that|it) again|am i booked|did (?:it|"
        r"that) go through|"
        r"did you book (?:it|that|me)|"
        r"(?:what's|what is|what was|give me|know|lost|forgot) (?:my|the) (?:\w+ )?(?:reference|booking number|"
        r"confirmation)|"
        rf"booking details|details of {_APPOINTMENT}|"
        rf"(?:my|our) {_APPOINTMENT} details",
    ),
    Intent.SHOW: (
        r"(?:show|see|send|display|repeat|pull up|bring up|open)(?: me)?(?: \w+){0,4} (?:again|once more|card|"
        r"summary|request|"
        r"button)|where(?: is|'s) (?:the|that|my) (?:card|button|summary|request)|(?:card|summary|button) again",
    ),
    Intent.ABANDON: (
        r"never ?mind|forget (?:it|about it)|don't bother|leave it|not anymore|changed my mind about booking|"
        r"no longer (?:need|want)|stop the booking|keep (?:it|my|the) (?:booking|appointment|as)?|"
        r"(?:don't|do not) want (?:to (?:book|do (?:it|this|that))|it|this|that|the (?:booking|appointment))|"
        r"not interested",
    ),
    Intent.HUMAN: (
        r"(?:real|actual|live) (?:person|human|people)|a human|(?:speak|talk|chat) (?:to|with) (?:a |an |the |your |"
        r"some)?(?:human|person|someone|somebody|one|staff|manager|owner|"
        r"agent|representative|receptionist|boss|team|dentist|doctor|barber|plumber|trainer)|representative|manager|"
        r"human please|(?:call|ring|phone) me(?: back)?|customer service|real human|on the phone|"
        r"(?:get|give|connect|put) me (?:(?:through|to|with|the|a|an|your|some) )*(?:human|person|someone|somebody|"
        r"manager|"
        r"owner|receptionist|staff|team|operator)",
    ),
    Intent.COMPLAINT: (
        r"complain\w*|unhappy|not happy|terrible|awful|refund|rude|ruined|disappoint\w*|worst|lawyer|sue|"
        r"unacceptable|"
        r"disgust\w*|horrible|money back|bad experience|messed up|botched",
    ),
    Intent.ADVICE: (
        r"medications?|antibiotics?|painkillers?|ibuprofen|diagnos\w*|prescri\w*|dosage|dose|is it (?:normal|"
        r"infected|safe)|side effects?|"
        r"should i take|allergic reaction|infected|legal advice|swollen|what should i do about (?:my|the|"
        r"this) (?:pain|swelling|rash)",
    ),
    Intent.INJECTION: (
        r"(?:ignore|disregard|forget|override|bypass) (?:all |any |every |your |the |my |these |those |previous |"
        r"prior |above |earlier |of |safety )*(?:instructions?|rules?|prompts?|guidelines?|directions?|"
        r"polic(?:y|ies)|restrictions?)|system prompt|your (?:prompt|instructions|rules|guidelines)|initial prompt|"
        r"hidden (?:prompt|instructions)|developer mode|jailbreak|you are now|"
        r"act as (?:an?|if|the)|pretend (?:to be|you)|api key|tool definitions?|your tools|repeat (?:everything|all|"
        r"the (?:text|words)) above|do anything now|"
        r"(?:of|about|from) other (?:customers?|people|clients?)|new instructions|</?system>|as an admin|sudo|"
        r"secret key|internal (?:notes|tools|instructions)|"
        r"other customers?(?:'s?|s'?)? (?:data|bookings?|names?|emails?|details)",
    ),
    Intent.ABUSE: (r"fuck\w*|shit\w*|idiot|stupid|moron|asshole|bitch|bastard|shut up|useless|dumb|wtf",),
    Intent.RECOMMEND: (
        r"recommend\w*|suggest\w*|which (?:one|service|treatment|class) (?:should|would|is)|what should i (?:get|"
        r"book|choose|do|pick)|"
        r"not sure (?:what|which)|don't know (?:what|which) (?:i|one|to|service)|help me (?:choose|decide|pick)|"
        r"what's best|best (?:for|option)|what do you think|most popular",
    ),
    Intent.SERVICES: (
        r"what (?:services|treatments|classes|kind|types?|sort|do you (?:offer|do|have|provide))|(?:which|your|list|"
        r"all|the|see|show|any) (?:of )?(?:the |your )?(?:services|treatments|classes|menu)|"
        r"services (?:do|that) you|price list|what can i book|what's on offer|what is on offer|what else do you|"
        r"do you offer",
    ),
    Intent.PRICE: (
        r"how much|prices?|costs?|what does it cost|for free|really free|is (?:it|that|this) free|pricing|rates?|"
        r"charge|fee for|fees|expensive|cheap\w*|what do (?:i|"
        r"you) (?:pay|charge)",
    ),
    Intent.DURATION: (r"how long|duration|how many minutes|how much time|long does|take long",),
    Intent.HOURS: (
        r"(?:opening|business|working|your|what|store|shop) hours|hours|(?:are|r) (?:you|u|they|"
        r"guys) (?:guys )?(?:open|closed)|open (?:on|today|tomorrow|now|at|until|late|this|sundays?|saturdays?)|"
        r"do you (?:guys )?(?:work|open)|when do you (?:open|close)|what time do you (?:open|close)|you (?:open|"
        r"close)|clos(?:e|ing) time",
    ),
    Intent.ADDRESS: (
        r"address|where (?:are|is|r) (?:you|u|the|your)|located|location|directions|find you|how do i get (?:there|"
        r"to you)|where exactly",
    ),
    Intent.CONTACT: (
        r"your (?:phone|number|telephone|email|e-mail|contact)|contact (?:you|details|info|information)|(?:call|"
        r"email|reach) you|phone number\?",
    ),
    Intent.YES: (
        r"yes|yeah|yep|yup|sure|ok|okay|good|works|sounds (?:good|great|fine|perfect)|that works|works for me|"
        r"perfect|great|"
        r"go ahead|please do|correct|confirm(?:ed)?|"
        r"that's fine|fine|absolutely|definitely|of course|do it|let's do (?:it|that)|book it|that's right|right|"
        r"alright|all right|that one|i'll take it|lovely",
    ),
    Intent.NO: (
        r"no|nope|nah|not (?:really|now|yet|that)|don't|wrong|incorrect|that's not|neither|none(?: of)?|actually not",
    ),
}
_QUESTION = re.compile(
    r"\?|^(?:and |also |but |so |hi,? |hello,? |hey,? )*(?:what|when|where|who|why|how|which|do|does|did|is|are|can|"
    r"could|will|would|should|may|have you|any)\b|\b(?:wondering|tell me|know if|curious)\b"
)
#: Words that keep a mention of cancelling from being an order: the customer asks about the rules.
_ABOUT_RULES = (
    r"polic(?:y|ies)|fees?|what (?:if|happens)|how late|how (?:far|long) (?:in advance|before|ahead)|charged?|"
    r"free of charge|penalty|notice|is it possible to cancel later",
)


def find_intents(text: str) -> frozenset[Intent]:
    """The intents of folded text."""
    found = {intent for intent, patterns in _PHRASES.items() if has_phrase(text, *patterns)}
    if _QUESTION.search(text):
        found.add(Intent.QUESTION)
    if has_phrase(
        text, r"(?:do|must|should) (?:i|we) (?:need|have)(?: to)? (?:an? appointment|book|make|reserve|schedule)"
    ):
        found.discard(Intent.BOOK)
    if has_phrase(text, *_ABOUT_RULES):
        found -= {Intent.CANCEL, Intent.RESCHEDULE}
    if text.strip(" .!") in {"cancel", "i want to cancel", "cancellation"}:
        found.add(Intent.CANCEL)
    if found & {Intent.CANCEL, Intent.RESCHEDULE, Intent.LOOK_UP}:
        found.discard(Intent.BOOK)
    if Intent.RESCHEDULE in found:
        found.discard(Intent.CANCEL)
    if Intent.WHO_ARE_YOU in found and not has_phrase(
        text, r"(?:want|like|rather|let me|can i|could i|need) (?:to )?(?:speak|talk)"
    ):
        found.discard(Intent.HUMAN)
    if Intent.NO in found and re.match(r"(?:no|nope|nah)\b(?! problem| worries)", text):
        found.discard(Intent.YES)
    if has_phrase(text, r"no problem|no worries|why not"):
        found.discard(Intent.NO)
    if Intent.HOW_ARE_YOU in found and Intent.YES in found:
        found.discard(Intent.YES)
    return frozenset(found)

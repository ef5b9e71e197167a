"""German, written without dots on vowels; "ß" is "ss"."""

from portal.assistant.guardrails.consent.grammar import Language, Sense

NAMES = {
    "very": "sehr|ganz|alles|so|genau|absolut|vollkommen|wirklich",
    "good": """
        gut|richtig|korrekt|perfekt|super|prima|toll|wunderbar|ausgezeichnet|klasse|bestens|fein|in ordnung|okay|ok|ideal
        |hervorragend|grossartig""",
    "visit": "(den|diesen|meinen|die|diese|meine) (termin|buchung|reservierung|zeit|uhrzeit|stunde)",
    "it": "ihn|es|das|sie|<visit>",
}

PHRASES = {
    Sense.FILLER: "bitte|doch|dann|jetzt|mal|gleich",
    Sense.OPEN: "und",
    Sense.CLOSING: "danke|danke (schon|schoen|sehr)|dankeschon|dankeschoen|(vielen|besten|herzlichen|tausend) dank",
    Sense.DONE: "das ist alles|das wars",
    Sense.WEAK: "ok|okay|gut|na gut|alles klar|also gut|meinetwegen|von mir aus",
    Sense.PRAISE: "[<very>] (perfekt|super|prima|toll|wunderbar|ausgezeichnet|klasse|bestens|hervorragend|grossartig|schon)|sehr gut",
    Sense.YES: """
        ja|jawohl|jap|jep|jepp|jo|joa|klar|na klar|aber klar|ja klar|sicher|naturlich|natuerlich|selbstverstandlich
        |selbstverstaendlich|genau [so|das]|richtig|korrekt|exakt|stimmt [so|genau]|(das|alles) stimmt [so|genau]|einverstanden
        |(sehr|aber) gern|(sehr|aber) gerne|gern|gerne|auf jeden fall|unbedingt|absolut|freilich|in ordnung|👍|👌|✅
        |[das] passt [mir|uns|fur mich|fuer mich] [<very>] [gut|so|perfekt|super|prima]
        |(das|so|alles|es) (ist|ware|waere|sieht|klingt|hort sich) [<very>] <good> [aus|an] [so|fur mich|fuer mich]
        |(klingt|sieht) [<very>] <good> [aus]|alles (richtig|korrekt|gut|bestens|in ordnung)
        |(das|so) (mochte|moechte|will) ich|ich (mochte|moechte|will) das [so]|ich stimme zu|sie haben recht""",
    Sense.ACT: """
        bestatigt|bestaetigt|ich (bestatige|bestaetige) [<it>]|(bestatigen|bestaetigen) [sie] [<it>]
        |(machen sie|mach|mache|machen wir) (das|es) [so]|so machen wir (das|es)|nur zu|los|los gehts|fortfahren|weiter""",
    Sense.NO: """
        nein|nee|ne|no|noe|auf keinen fall|auf gar keinen fall|keinesfalls|keineswegs|gar nicht|uberhaupt nicht
        |ueberhaupt nicht|naturlich nicht|natuerlich nicht|sicher nicht|niemals|nicht wirklich|ich glaube nicht|👎|❌""",
    Sense.REFUSAL: """
        lieber nicht|eher nicht|besser nicht|doch nicht|bitte nicht|jetzt nicht|nicht jetzt|nicht (buchen|bestatigen|das|so)
        |(buchen|bestatigen) sie [<it>] nicht|ich (will|mochte|moechte) [das|es|den|ihn|<visit>] [lieber|doch] nicht
            [buchen|bestatigen|mehr]
        |vergiss es|vergessen sie (es|das)|(lass|lassen sie|lassen wir) (es|das) [so|sein|bleiben]|ich habe (es|mirs) mir anders uberlegt
        |ich habe meine meinung geandert|[das ist] (falsch|verkehrt|unrichtig)|[das] (stimmt|passt) [so|mir] nicht [so]
        |[das ist] nicht (richtig|korrekt|gut|in ordnung|das was ich (will|wollte|mochte))|kein interesse|nicht notig""",
}

BY_KIND = {
    "create": {
        Sense.ACT: """
            buchen|(buchen|reservieren) sie [<it>]|(buch|buche|reservier|reserviere) (es|ihn|<visit>|das)
            |(<it>|fest|verbindlich) (buchen|reservieren)|ich (nehme|buche) <it>|ich (mochte|moechte|will) <it> buchen|reservieren""",
        Sense.REFUSAL: "(stornieren|absagen|abbrechen)",
    },
    "cancel": {
        Sense.ACT: """
            (stornieren|canceln) sie <it>|<it> (stornieren|absagen|canceln)|sagen sie <it> ab|(storniere|stornier) <it>
            |ich (mochte|moechte|will) <it> (stornieren|absagen)""",
        Sense.EITHER: "(stornieren|absagen|abbrechen|canceln) [sie]",
        Sense.REFUSAL: """
            [<it>] nicht (stornieren|absagen)|(stornieren|canceln) sie <it> nicht|sagen sie <it> nicht ab
            |ich (mochte|moechte|will) <it> (nicht (stornieren|absagen)|behalten)|behalten|<it> behalten|ich behalte <it>""",
    },
    "reschedule": {
        Sense.EITHER: """
            (verschieben|verlegen|umbuchen|andern|aendern) [sie] [<it>]|<it> (verschieben|verlegen|umbuchen|andern|aendern)
            |(verschieb|verschiebe|verleg|verlege) <it>""",
        Sense.REFUSAL: """
            [<it>] nicht (verschieben|verlegen|umbuchen|andern)|(verschieben|verlegen) sie <it> nicht
            |ich (mochte|moechte|will) <it> (nicht (verschieben|verlegen)|behalten)|behalten|<it> behalten|ich behalte <it>""",
    },
}

LANGUAGE = Language(NAMES, PHRASES, BY_KIND)

"""French, written without accents, apostrophes and hyphens."""

from portal.assistant.guardrails.consent.grammar import Language, Sense

NAMES = {
    "good": """
        bon|[tres] bien|parfait|correct|exact|juste|super|genial|excellent|impeccable|nickel|ok|formidable|merveilleux""",
    "visit": "(le|la|mon|ma|ce|cette) (rendez vous|rdv|reservation|seance|creneau)",
    "it": "le|la|<visit>",
    "that is": "cest|cela est|ca sera|ce sera|ce serait|tout est|cest tout a fait",
}

PHRASES = {
    Sense.FILLER: "sil (vous|te) plait|svp|stp|maintenant|madame|monsieur",
    Sense.OPEN: "et|alors|donc",
    Sense.CLOSING: "[grand] merci [beaucoup|bien|infiniment] [pour (tout|votre aide|ton aide)]",
    Sense.DONE: "cest tout",
    Sense.WEAK: "ok|okay|bien|bon|entendu",
    Sense.PRAISE: "parfait|super|genial|excellent|tres bien|impeccable|nickel|formidable|merveilleux",
    Sense.YES: """
        oui|ouais|ouaip|mais oui|bien sur [que oui]|daccord|je suis daccord|exact|exactement|tout a fait|absolument|certainement
        |volontiers|avec (grand|plaisir) [plaisir]|evidemment|en effet|correct|affirmatif|sans probleme|bien entendu|👍|👌|✅
        |<that is> <good>|cest (ca|cela)|(ca|cela) (me|nous) (va|convient|plait) [[tres] bien|parfaitement]
        |(ca|cela) (marche|roule|joue)|ca va|je veux bien|vous avez raison|tu as raison|jaccepte|je suis partant|je le veux""",
    Sense.ACT: """
        (allez|vas) y|je (confirme|valide) [<it>]|(confirmez|confirme|confirmer|valide|validez|valider) [<it>]
        |(faites|fais) (le|ca)|vous pouvez (confirmer|valider|proceder|y aller)|procedez|continuez|on y va|je le confirme""",
    Sense.NO: """
        non|mais non|nan|pas du tout|surement pas|certainement pas|absolument pas|bien sur que non|jamais|pas question
        |hors de question|pas vraiment|en aucun cas|je ne crois pas|je ne pense pas|👎|❌""",
    Sense.REFUSAL: """
        (laissez|laisse) (tomber|ca|comme ca)|(oubliez|oublie) [ca|cela]|jai change davis|plutot pas|pas maintenant|pas ca
        |je (ne veux|veux) pas [reserver|confirmer|le faire|de ca]|je prefere (pas|ne pas|que non)|je naime pas
        |(ne le|ne) (faites|fais) pas [ca|cela]|ne (reservez|reserve|confirmez|confirme) (pas|rien) [<it>]
        |[cest] (faux|incorrect|errone)|(ce nest|cest) pas (ca|cela|correct|bon|juste|exact|ce que je (veux|voulais))
        |(ca|cela) (ne me|me) (va|convient|plait) pas|(ca|cela) (ne marche|marche) pas|ca ne va pas""",
}

BY_KIND = {
    "create": {
        Sense.ACT: """
            (reservez|reserve|reserver) [<it>]|je (le|la) (prends|reserve)|je (prends|reserve) <visit>|vous pouvez reserver [<it>]
            |je (veux|voudrais) (le|la) reserver|je (veux|voudrais) reserver [<it>]""",
        Sense.REFUSAL: "(annulez|annule|annuler) [ca|cela]",
    },
    "cancel": {
        Sense.ACT: """
            (annulez|annule|annuler) <it>|je (veux|voudrais|souhaite) (lannuler|annuler <visit>)|jannule [<visit>]
            |vous pouvez (lannuler|annuler <visit>)""",
        Sense.EITHER: "(annulez|annule|annuler) [ca|cela]",
        Sense.REFUSAL: """
            (nannulez|nannule|ne lannulez|ne lannule) pas [<visit>]|je ne veux pas (annuler|lannuler) [<visit>]
            |(gardez|garde|garder|je garde|je veux garder|je prefere garder) <it>""",
    },
    "reschedule": {
        Sense.EITHER: """
            (deplacez|deplace|deplacer|changez|change|changer|reportez|reporter) [<it>]""",
        Sense.REFUSAL: """
            ne (deplacez|deplace|changez|change) (pas|rien) [<it>]|je ne veux pas (deplacer|le deplacer|changer) [<visit>]
            |(gardez|garde|garder|je garde|je veux garder|je prefere garder) <it>""",
    },
}

LANGUAGE = Language(NAMES, PHRASES, BY_KIND)

"""Spanish, written without accents."""

from portal.assistant.guardrails.consent.grammar import Language, Sense

NAMES = {
    "good": """
        bien|muy bien|perfecto|perfecta|perfectamente|genial|estupendo|excelente|fenomenal|fantastico|maravilloso
        |buenisimo|correcto|correcta|bueno|ok""",
    "visit": "(la|mi|esa|esta|el|ese|este) (cita|reserva|reservacion|turno|hora|hueco)",
    "it": "lo|la|<visit>",
    "do not": "no|por favor no|mejor no",
}

PHRASES = {
    Sense.FILLER: "por favor|porfa|porfavor|ya|ahora mismo|senor|senora|amigo|amiga",
    Sense.OPEN: "y|asi que|pues|entonces",
    Sense.CLOSING: "[muchas|muchisimas|mil] gracias [por (todo|su ayuda|tu ayuda|la ayuda)]|muy amable",
    Sense.DONE: "eso es todo|nada mas",
    Sense.WEAK: "ok|okay|okey|vale|bueno|bien|dale",
    Sense.PRAISE: """
        muy bien|perfecto|genial|estupendo|excelente|fenomenal|fantastico|maravilloso|buenisimo|super|que bien
        |me (gusta|encanta)""",
    Sense.YES: """
        si|sip|claro [que si]|por supuesto [que si]|desde luego|de acuerdo|correcto|exacto|exactamente|asi es|eso es
        |efectivamente|seguro|sin duda|afirmativo|conforme|absolutamente|definitivamente|con mucho gusto|con gusto|👍|👌|✅
        |[eso|todo|asi] (esta|es|seria) [todo] <good>|(me|nos) (parece|suena|va|viene|queda) <good>|suena <good>|todo <good>
        |(me|nos) (sirve|conviene)|es (lo que|la que|el que) (quiero|queria|necesito)|(lo|la) quiero|si quiero|estoy de acuerdo
        |me gustaria|tiene razon|tienes razon""",
    Sense.ACT: """
        adelante|confirmo [<it>]|(confirma|confirme|confirmar|confirmado|confirmada|confirmalo|confirmela|confirmala|confirmelo)
            [<it>]
        |(hazlo|hagalo|hagamoslo|proceda|procede|proceder|sigue|siga|continua|continue)|(puede|puedes) (confirmar|proceder)""",
    Sense.NO: """
        no|no no|nop|que va|para nada|de ninguna manera|de ningun modo|en absoluto|ni hablar|claro que no|por supuesto que no
        |desde luego que no|creo que no|negativo|nunca|jamas|👎|❌""",
    Sense.REFUSAL: """
        mejor no|ahora no|no (quiero|la quiero|lo quiero|me interesa|me sirve|me conviene|me gusta|hace falta)
        |<do not> (lo|la) (hagas|haga|hagan|reserves|reserve|confirmes|confirme|quiero)
        |<do not> (hagas|haga|reserves|reserve|confirmes|confirme) [<it>|nada]
        |(no quiero|prefiero no|preferiria no) (reservar|reservarla|reservarlo|confirmar|confirmarla|hacerlo)
        |(dejalo|dejala|dejelo|dejela) [asi|estar]|olvidalo|olvidelo|olvidate|no importa|he cambiado de (opinion|idea)
        |cambie de (opinion|idea)|[eso] (es|esta) (incorrecto|incorrecta|mal|falso|equivocado)|incorrecto|falso|mal
        |[eso|asi] no (es|esta) (correcto|correcta|bien|asi|eso|cierto)|no es lo que (quiero|queria)""",
}

BY_KIND = {
    "create": {
        Sense.ACT: """
            (reserva|reserve|reservar|reservalo|reservala|reservelo|reservela|agenda|agende|agendala|agendalo|agendar) [<it>]
            |(puede|puedes) (reservar|reservarlo|reservarla|agendar) [<it>]|(quiero|me gustaria) (reservar|reservarla|reservarlo)
            |me (lo|la) quedo|(lo|la) tomo""",
        Sense.REFUSAL: "(cancela|cancele|cancelar|cancelalo|cancelala|cancelelo|cancelela)",
    },
    "cancel": {
        Sense.ACT: """
            (cancelalo|cancelala|cancelelo|cancelela|anulala|anulela)|(cancela|cancele|cancelar|anula|anule|anular) <visit>
            |(quiero|puede|puedes) (cancelar|anular) <visit>|(quiero|puede|puedes) (cancelarla|cancelarlo|anularla)""",
        Sense.EITHER: "(cancela|cancele|cancelar|anula|anule|anular)",
        Sense.REFUSAL: """
            <do not> (la|lo) (canceles|cancele|anules|anule)|<do not> (canceles|cancele|anules|anule) [<visit>]
            |no quiero (cancelar|cancelarla|cancelarlo|anular|anularla) [<visit>]
            |(mantenla|mantengala|manten|mantenga|conservala|dejala) [<visit>]|quiero (mantener|conservar) <visit>""",
    },
    "reschedule": {
        Sense.EITHER: """
            (mueve|mueva|mover|cambia|cambie|cambiar|reprograma|reprograme|reprogramar) [<visit>]
            |(muevela|muevala|cambiala|cambiela|cambialo|cambielo|reprogramala|reprogramela)""",
        Sense.REFUSAL: """
            <do not> (la|lo) (muevas|mueva|cambies|cambie)|<do not> (muevas|mueva|cambies|cambie) [<visit>]
            |no quiero (mover|cambiar|moverla|cambiarla) [<visit>]|(mantenla|mantengala|dejala) [<visit>]""",
    },
}

LANGUAGE = Language(NAMES, PHRASES, BY_KIND)

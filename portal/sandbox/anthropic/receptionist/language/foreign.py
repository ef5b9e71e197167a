"""Other languages: which one a message is in, and that here only English is spoken, said in it."""

import re

from portal.sandbox.anthropic.receptionist.language.words import word_set

#: Small words by which a language is known.
_MARKS: dict[str, frozenset[str]] = {
    "es": word_set(
        """
        hola buenos buenas días dias tardes noches gracias por favor quiero quisiera necesito puedo puede pueden tengo
        tienen tiene cita para una un el la los las de del que qué cuánto cuanto cuesta dónde donde está esta mañana hoy
        hay mi me mucho ayuda reservar corte pelo con usted ustedes hablan cuando cuándo sábado lunes viernes clases
        agua muela diente sí y abierto cancelar reserva
        """
    ),
    "fr": word_set(
        """
        bonjour bonsoir salut merci je voudrais vous avez est ce que de la le les des une un pour demain aujourd'hui
        rendez rdv réserver prendre combien coûte où êtes ouvert samedi lundi cours cheveux coupe s'il plaît matin soir
        après midi avec mon ma mes place il elle chez moi nous secours d'eau c'est au aux suis ai fait
        besoin puis peux fuite eau dent et annuler j'ai d'un avons
        """
    ),
    "de": word_set(
        """
        hallo guten tag morgen abend danke bitte ich möchte hätte gern gerne brauche einen eine ein der die das den dem
        für termin haben sie heute wie viel kostet wann wo ist sind können kann mein meine bei euch ihnen und nicht
        haarschnitt am um uhr zahn samstag montag geöffnet buchen mir wir zum zur verstopft absagen
        """
    ),
    "it": word_set(
        """
        ciao buongiorno buonasera salve grazie vorrei prenotare una un il lo la gli le di del della per domani oggi
        appuntamento quanto costa dove siete aperti avete posso ho bisogno taglio capelli denti con mi sabato lunedì
        lezione provare pulizia perde rubinetto favore mattina sera e è sono ce c'è
        """
    ),
    "pt": word_set(
        """
        olá ola oi bom boa dia tarde noite obrigado obrigada eu gostaria quero preciso de um uma o a os as para marcar
        consulta amanhã amanha hoje quanto custa onde fica vocês voces têm tem posso cabelo corte com minha meu está
        torneira encanador dente não nao aula sábado segunda fazer reservar por e agendar
        """
    ),
}
#: Words that English has too, or that say nothing of the language.
_SHARED = word_set("a e o me as de die der la le um y hay mi will place est ma con mes un el per para der am um")
_STRONG = word_set(
    """
    hola gracias quisiera necesito bonjour bonsoir merci voudrais hallo guten danke möchte hätte ciao buongiorno grazie
    vorrei olá obrigado gostaria preciso cuánto tienen pueden ¿ brauche können prenotare avete vocês
    """
)
_ENGLISH = word_set(
    """
    the i you is are do can what how my me to for and of in on at have need want like please book it this that with
    your when where does there any i'd i'm
    """
)
_SENTENCES = {
    "es": "Lo siento, aquí solo hablo inglés. Escríbame por favor en inglés{reach}.",
    "fr": "Désolé, ici je ne parle qu'anglais. Écrivez-moi en anglais, s'il vous plaît{reach}.",
    "de": "Entschuldigung, hier spreche ich nur Englisch. Schreiben Sie mir bitte auf Englisch{reach}.",
    "it": "Mi dispiace, qui parlo solo inglese. Mi scriva per favore in inglese{reach}.",
    "pt": "Desculpe, aqui só falo inglês. Escreva-me em inglês, por favor{reach}.",
}
_REACH = {
    "es": ", o llame al {phone}",
    "fr": ", ou appelez le {phone}",
    "de": " oder rufen Sie an: {phone}",
    "it": ", o chiami il {phone}",
    "pt": ", ou ligue para {phone}",
}


def language_of(text: str) -> str | None:
    """Code of the language of folded text when it is one of those known here, and none when it may be English."""
    said = set(re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?|¿", re.sub(r"\S+@\S+", " ", text)))
    if not said:
        return None
    scores = {code: sum(_weight(word) for word in said if word in marks) for code, marks in _MARKS.items()}
    best = max(scores, key=lambda code: scores[code])
    english = sum(word in _ENGLISH for word in said)
    return best if scores[best] >= 2 and scores[best] > english and scores[best] * 3 >= len(said) else None


def _weight(word: str) -> float:
    if word in _STRONG:
        return 2
    return 0.5 if word in _SHARED else 1


def only_english(code: str, phone: str) -> str:
    """That here only English is spoken, with the number of people who may speak more."""
    reach = _REACH[code].format(phone=phone) if phone else ""
    return _SENTENCES[code].format(reach=reach)

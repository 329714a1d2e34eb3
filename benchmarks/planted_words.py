"""Words that the copies and look-alikes of ``curation_planted`` are made with, reviewed one by one."""

from __future__ import annotations

NEUTRAL = [
    tuple(pair.split("/"))
    for pair in """
patient/malade patients/malades notamment/particulièrement également/aussi présente/montre
présentait/montrait présentaient/montraient cependant/toutefois toutefois/néanmoins néanmoins/cependant
ainsi/donc afin/dans-le-but actuellement/aujourd'hui réalisé/effectué réalisée/effectuée réalisés/effectués
réalisées/effectuées important/notable importante/notable importants/notables importantes/notables
étude/recherche montre/indique montré/révélé montrent/révèlent objectif/but étudier/examiner
évaluer/apprécier analyser/examiner rapporté/décrit rapportée/décrite rapportons/décrivons décrit/rapporte
observé/constaté observée/constatée observés/constatés retrouvé/noté retrouvée/notée concernant/touchant
environ/approximativement principalement/essentiellement surtout/principalement généralement/habituellement
permet/autorise permettent/autorisent nécessite/demande nécessaire/indispensable utilisé/employé
utilisée/employée utilisés/employés utilisation/usage nombreux/multiples nombreuses/multiples
plusieurs/divers différents/divers différentes/diverses majorité/plupart début/commencement rapidement/vite
progressivement/graduellement ensuite/puis puis/ensuite enfin/finalement lors/durant pendant/durant
durant/pendant comme/tel parmi/dans car/puisque selon/suivant malgré/en-dépit-de admis/reçu admise/reçue
hospitalisé/admis hospitalisée/admise consulté/vu adressé/envoyé adressée/envoyée révélé/montré
révélée/montrée confirmé/établi confirmée/établie mis/placé bien/fort très/fort problème/question
méthode/démarche méthodes/démarches résultats/données conclusion/synthèse travail/article article/travail
auteurs/rédacteurs but/objectif façon/manière manière/façon constitue/représente représente/constitue
semble/paraît semblent/paraissent peut/pourrait doit/devrait prise/mise nouveau/récent nouvelle/récente
nouveaux/récents récente/nouvelle récemment/dernièrement grande/large grand/large particulier/spécifique
aspect/caractère cas/observation lieu/endroit suite/issue base/fondement partie/portion équipe/groupe
soins/traitements
""".split()
]
NEUTRAL = [(old, new.replace("-", " ")) for old, new in NEUTRAL if new.replace("-", " ") != old]

HELD_OUT = [
    tuple(pair.replace("-", " ").split("/"))
    for pair in """
habituel/courant fréquemment/souvent souvent/fréquemment régulièrement/périodiquement finalement/enfin
immédiatement/aussitôt probablement/vraisemblablement malheureusement/hélas aujourd'hui/actuellement
auparavant/jadis désormais/maintenant lorsque/quand quand/lorsque démontré/prouvé établir/démontrer
obtenu/recueilli obtenue/recueillie obtenus/recueillis effectuer/réaliser comparer/confronter choisir/sélectionner
décider/choisir expliquer/éclairer proposer/suggérer suggère/propose suggèrent/proposent souligner/rappeler
souligne/rappelle connu/établi connue/établie apparaît/survient apparaître/survenir survenue/apparition
apparition/survenue découvert/trouvé chercheurs/scientifiques médecins/praticiens médecin/praticien
praticiens/médecins population/collectivité période/durée durée/période moment/instant service/département
hôpital/établissement vie/existence besoin/nécessité besoins/attentes question/interrogation
questions/interrogations outil/instrument outils/instruments moyen/procédé moyens/procédés technique/procédé
techniques/procédés approche/démarche stratégie/démarche stratégies/démarches modèle/schéma exemple/illustration
difficulté/obstacle difficultés/obstacles avantage/bénéfice avantages/bénéfices intérêt/utilité rôle/fonction
effet/action effets/actions impact/retentissement conséquences/répercussions conséquence/répercussion cause/origine
causes/origines raison/motif raisons/motifs élément/facteur éléments/facteurs ensemble/totalité nombre/quantité
taux/proportion valeur/niveau valeurs/niveaux évolution/progression amélioration/progrès développement/essor
examen/bilan examens/bilans suivi/surveillance traité/soigné traités/soignés traitée/soignée débuté/commencé
décidé/choisi poursuivi/continué arrêté/interrompu revenu/retourné autre/différent autres/différents certains/quelques
quelques/certains tel/pareil simple/facile complexe/compliqué efficace/performant difficile/ardu utile/précieux
utiles/précieux essentiel/capital essentielle/capitale principal/essentiel principale/essentielle
principaux/essentiels principales/essentielles globale/générale actuel/présent actuelle/présente actuels/présents
récents/nouveaux ancien/vieux possible/envisageable probable/vraisemblable évident/manifeste clair/net claire/nette
grave/sérieux graves/sérieuses
""".split()
]
"""Neutral words of another hand, by which no list of guarded words has been reviewed."""

UNITS = {
    "mg": ["g", "µg"],
    "g": ["mg", "kg"],
    "kg": ["g"],
    "ml": ["l"],
    "mL": ["L"],
    "l": ["ml"],
    "L": ["mL", "dL"],
    "cm": ["mm", "m"],
    "mm": ["cm", "µm"],
    "ans": ["mois", "jours"],
    "mois": ["jours", "ans", "semaines"],
    "jours": ["heures", "mois"],
    "semaines": ["mois", "jours"],
    "heures": ["minutes", "jours"],
    "h": ["min"],
    "min": ["h", "s"],
    "%": ["‰"],
    "g/l": ["mg/l", "g/dl"],
    "g/L": ["mg/L", "g/dL"],
    "mg/l": ["g/l", "µg/l"],
    "mg/dl": ["g/dl", "mg/l"],
    "mmol/l": ["µmol/l", "mol/l"],
    "mmol/L": ["µmol/L"],
    "mg/kg": ["mg", "g/kg", "µg/kg"],
    "mg/j": ["mg", "g/j", "mg/h"],
    "mg/kg/j": ["mg/kg", "mg/j", "mg/kg/h"],
    "mmHg": ["cmHg", "kPa"],
    "UI": ["MUI", "mg"],
    "°C": ["°F", "K"],
}
NEGATIONS = [
    ("est", "n'est pas"),
    ("sont", "ne sont pas"),
    ("était", "n'était pas"),
    ("a", "n'a pas"),
    ("avait", "n'avait pas"),
    ("peut", "ne peut pas"),
    ("avec", "sans"),
    ("une", "aucune"),
    ("un", "aucun"),
    ("toujours", "jamais"),
    ("et", "sauf"),
]
TRUTH = [
    ("exacte", "inexacte"),
    ("exactes", "inexactes"),
    ("exacte(s)", "inexacte(s)"),
    ("exact", "inexact"),
    ("vraie", "fausse"),
    ("vraies", "fausses"),
    ("juste", "fausse"),
    ("correcte", "incorrecte"),
    ("correctes", "incorrectes"),
    ("vrai", "faux"),
]
SIDES = [
    ("droit", "gauche"),
    ("droite", "gauche"),
    ("droits", "gauches"),
    ("droites", "gauches"),
    ("unilatéral", "bilatéral"),
    ("unilatérale", "bilatérale"),
    ("homolatéral", "controlatéral"),
]
OPPOSITES = [
    ("systolique", "diastolique"),
    ("supérieur", "inférieur"),
    ("supérieure", "inférieure"),
    ("antérieur", "postérieur"),
    ("antérieure", "postérieure"),
    ("interne", "externe"),
    ("artérielle", "veineuse"),
    ("artériel", "veineux"),
    ("aiguë", "chronique"),
    ("aigu", "chronique"),
    ("bénigne", "maligne"),
    ("positif", "négatif"),
    ("positive", "négative"),
    ("homme", "femme"),
    ("hommes", "femmes"),
    ("garçon", "fille"),
    ("augmentation", "diminution"),
    ("augmente", "diminue"),
    ("élevé", "abaissé"),
    ("élevée", "basse"),
    ("proximale", "distale"),
    ("médial", "latéral"),
    ("primaire", "secondaire"),
    ("avant", "après"),
    ("majeur", "mineur"),
    ("acidose", "alcalose"),
    ("agoniste", "antagoniste"),
    ("adulte", "enfant"),
    ("adultes", "enfants"),
    ("précoce", "tardive"),
    ("rapide", "lente"),
    ("présence", "absence"),
    ("normale", "anormale"),
    ("normal", "anormal"),
    ("directe", "indirecte"),
    ("complète", "incomplète"),
    ("père", "mère"),
    ("maternelle", "paternelle"),
    ("sensible", "résistant"),
    ("sensibles", "résistants"),
    ("favorable", "défavorable"),
    ("stable", "instable"),
    ("hausse", "baisse"),
    ("masculin", "féminin"),
    ("symptomatique", "asymptomatique"),
    ("opéré", "non opéré"),
    ("plus", "moins"),
]
PREFIXES = [
    ("hypo", "hyper"),
    ("Hypo", "Hyper"),
    ("tachy", "brady"),
    ("intra", "extra"),
    ("macro", "micro"),
    ("anté", "rétro"),
    ("pré", "post"),
    ("endo", "exo"),
    ("mono", "poly"),
    ("uni", "bi"),
]
DRUGS = """
paracétamol ibuprofène kétoprofène diclofénac naproxène aspirine tramadol morphine codéine oxycodone
fentanyl amoxicilline pénicilline oxacilline pipéracilline ceftriaxone céfotaxime céfazoline céfixime
imipénème gentamicine amikacine tobramycine vancomycine teicoplanine azithromycine clarithromycine
érythromycine doxycycline tétracycline ciprofloxacine lévofloxacine ofloxacine cotrimoxazole
sulfaméthoxazole triméthoprime métronidazole rifampicine isoniazide pyrazinamide éthambutol fluconazole
itraconazole voriconazole caspofungine amphotéricine aciclovir valaciclovir ganciclovir oseltamivir
ribavirine zidovudine lamivudine ténofovir éfavirenz chloroquine quinine artésunate méfloquine ivermectine
albendazole praziquantel furosémide hydrochlorothiazide spironolactone amiloride énalapril captopril
ramipril périndopril losartan valsartan candésartan amlodipine nifédipine nicardipine diltiazem vérapamil
propranolol aténolol bisoprolol métoprolol labétalol amiodarone flécaïnide digoxine lidocaïne adénosine
trinitrine warfarine acénocoumarol fluindione héparine énoxaparine fondaparinux rivaroxaban apixaban
dabigatran clopidogrel prasugrel ticagrélor alteplase simvastatine atorvastatine pravastatine fénofibrate
metformine glibenclamide gliclazide sitagliptine insuline liraglutide lévothyroxine carbimazole prednisone
prednisolone méthylprednisolone hydrocortisone dexaméthasone bétaméthasone salbutamol terbutaline
ipratropium tiotropium montélukast théophylline oméprazole pantoprazole ranitidine cimétidine métoclopramide
dompéridone ondansétron lopéramide diazépam lorazépam clonazépam midazolam zolpidem halopéridol
chlorpromazine olanzapine rispéridone clozapine lithium fluoxétine paroxétine sertraline citalopram
venlafaxine amitriptyline carbamazépine phénytoïne valproate lamotrigine lévétiracétam phénobarbital
gabapentine prégabaline lévodopa bromocriptine donépézil propofol kétamine thiopental suxaméthonium
atracurium néostigmine atropine adrénaline noradrénaline dobutamine méthotrexate cyclophosphamide
doxorubicine cisplatine carboplatine paclitaxel docétaxel vincristine étoposide fluorouracile gemcitabine
imatinib rituximab bévacizumab trastuzumab tamoxifène létrozole ciclosporine tacrolimus azathioprine
mycophénolate infliximab adalimumab étanercept hydroxychloroquine sulfasalazine mésalazine colchicine
allopurinol fébuxostat alendronate zolédronate calcitriol naloxone flumazénil acétylcystéine
""".split()
ORGANS = """
foie rein poumon cœur estomac pancréas rate cerveau cervelet intestin côlon rectum œsophage vessie utérus
ovaire prostate thyroïde peau muscle genou hanche épaule coude poignet cheville main pied sein larynx
pharynx trachée bronche aorte rétine cornée oreille nez langue testicule hypophyse rachis crâne mandibule
fémur tibia humérus
""".split()
DISEASES = """
diabète asthme cancer tuberculose paludisme lupus sarcoïdose pneumonie méningite hépatite pancréatite
appendicite péritonite cholécystite pyélonéphrite cystite endocardite péricardite myocardite infarctus
embolie thrombose phlébite anémie leucémie lymphome myélome mélanome sarcome épilepsie migraine démence
schizophrénie dépression arthrose polyarthrite goutte ostéoporose psoriasis eczéma urticaire zona varicelle
rougeole rubéole grippe syphilis cirrhose glaucome cataracte otite sinusite angine bronchite obésité goitre
fracture brûlure ulcère abcès hernie
""".split()

SENTENCES = {
    "number": [
        "La dose est de 60 mg/kg/j.",
        "Le suivi a duré 12 mois.",
        "La température est de 38,5 °C.",
        "La pression est de 120/80 mmHg.",
    ],
    "unit": ["La dose est de 60 mg/kg/j.", "La glycémie est de 5 mmol/l.", "Le nodule mesure 8 mm."],
    "negation": [
        "La douleur est calmée par le repos.",
        "Le malade a de la fièvre.",
        "Le traitement peut être arrêté.",
    ],
    "exacte / inexacte": [
        "Cette affirmation est exacte.",
        "La proposition est vraie.",
        "Une indication correcte a été donnée.",
    ],
    "A+ / A−, < / >": [
        "Le groupe sanguin est A+.",
        "Le marqueur est HLA-B27 et CD4+.",
        "La valeur est de p < 0,05.",
        "Le taux est ≥ 12.",
    ],
    "hypo / hyper": [
        "Une hyponatrémie est notée.",
        "Une hyperkaliémie a été corrigée.",
        "On note une tachycardie.",
        "Une hypotension est apparue.",
        "Le trajet est intrahépatique.",
    ],
    "droit / gauche": [
        "La lésion siège à droite.",
        "Le poumon gauche est atteint.",
        "Une atteinte bilatérale est notée.",
    ],
    "systolique / diastolique and other opposites": [
        "Un souffle systolique est entendu.",
        "La tumeur est bénigne.",
        "L'examen est positif.",
        "Il s'agit d'une femme.",
        "La paroi postérieure est touchée.",
        "Le germe est sensible.",
        "Une diminution du taux est notée.",
    ],
    "another drug": [
        "Un traitement par {drug} est donné.",
        "Le malade recevait : {drug}.",
        "On a prescrit {drug} en relais.",
    ],
    "another organ": [
        "L'atteinte touche le foie.",
        "Une lésion est vue : rein.",
        "La douleur irradie vers : épaule.",
    ],
    "another disease": [
        "On conclut à une pneumonie.",
        "Le diagnostic retenu : diabète.",
        "Un antécédent : asthme.",
        "On a d'abord évoqué : lymphome.",
    ],
}
QUESTIONS = [
    "Quel est le diagnostic le plus probable devant ce tableau clinique ?",
    "Quel examen complémentaire faut-il demander en premier devant ce tableau clinique ?",
    "Quel traitement faut-il proposer en premier devant ce tableau clinique ?",
    "Quelle complication faut-il craindre dans les jours qui suivent cette observation ?",
    "Quel est le mécanisme qui explique les signes décrits dans cette observation ?",
    "Quel facteur de risque explique le mieux la survenue de cette affection ?",
    "Quel est le pronostic à long terme de cette affection chez ce malade ?",
]

"""Lines with personal data of invented people, and lines that only look as if they had some. Written by us."""

from __future__ import annotations

from medinjection_fr.curate import privacy
from medinjection_fr.curate.privacy import scan_text
from medinjection_fr.curate.privacy.addresses import find_addresses
from medinjection_fr.curate.privacy.birth_dates import find_birth_dates
from medinjection_fr.curate.privacy.emails import find_emails
from medinjection_fr.curate.privacy.numbers import find_nirs, find_phones, find_record_numbers
from medinjection_fr.curate.privacy.persons import find_persons

# What is found stands between ⟦ and ⟧, and nothing else in the line; ~ is a no-break space. Nobody exists.
FINDINGS = {
    "phone": """\
Joignable au ⟦06 12 34 56 78⟧ en journée.
Tél. : ⟦01.42.34.56.78⟧
Téléphone ⟦04-67-33-12-98⟧, poste 12
Fax : ⟦05/61/77/22/33⟧
Numéro ⟦06~71~82~93~14⟧ noté au dossier
La fille du patient (⟦06 - 12 - 34 - 56 - 78⟧) est prévenue.
Son portable est le ⟦0612345678⟧.
Contact : ⟦0467331298⟧
Appeler le ⟦+33 6 12 34 56 78⟧
Depuis l'étranger : ⟦+33 (0)1 42 34 56 78⟧.
Mobile ⟦0033612345678⟧
Tél ⟦+33612345678⟧
À La Réunion, ⟦+262 692 12 34 56⟧
Tél. ⟦01 02 03 04 05⟧ et ⟦02 43 11 76 90⟧
Examens de laboratoire faits ; SAS sévère. Tél. de l'épouse : ⟦04 67 33 12 98⟧
Aux urgences, sa fille a été appelée au ⟦06 12 34 56 78⟧
Né à 38 S.A. ; mère joignable au ⟦04 67 33 12 98⟧
Laboratoires Exemple. Exploitant. Son portable : ⟦07 12 34 56 78⟧""",
    "email": """\
Écrire à ⟦jeanne.durand@exemple.fr⟧.
Courriel : ⟦p-lemoine_42@mail.chu-exemple.fr⟧, réponse sous 48 h
<⟦a.b+suivi@exemple.org⟧>
Contact:⟦dr.lefevre@cabinet-lefevre.paris⟧;""",
    "birth-date": """\
Patient né le ⟦12/03/1956⟧, suivi pour un diabète.
Patiente née le ⟦1er janvier 1948⟧.
Né(e) le ⟦03-11-72⟧
Date de naissance : ⟦24.07.1981⟧
Date de naissance du patient : ⟦9 août 2011⟧
DDN ⟦12/03/56⟧
D.D.N. : ⟦1956-03-12⟧
Enfant né à terme le ⟦5 février 2019⟧ par voie basse.
Garçon né par césarienne le ⟦14/02/2020⟧.
Née à Montpellier, le ⟦30 déc. 1962⟧.
Jumeaux nés le ⟦2 mai 2021⟧.
Nourrisson né prématurément le ⟦17/09/2022⟧
Né.e le ⟦12 03 1956⟧
Née le lundi ⟦4 octobre 1965⟧
Naissance : ⟦06/06/1944⟧""",
    "address": """\
Elle habite ⟦12 rue des Lilas, 75013 Paris⟧.
Adresse : ⟦3 bis, avenue du Général-Leclerc 34000 Montpellier⟧
Il vit au ⟦27 boulevard Victor Hugo⟧ avec son épouse.
Domicilié ⟦5 place Bellecour, 69002 Lyon⟧
Demeurant ⟦14 place de la République⟧
Retrouvé ⟦8, impasse des Tilleuls⟧ par les pompiers
⟦112 route de Nantes 44000 NANTES CEDEX 3⟧
Chute devant le ⟦45 quai de la Loire⟧ à midi.
Elle réside ⟦2 allée Jean-Moulin, 59000 Lille⟧.
Courrier au ⟦7 chemin des Vignes, 13100 Aix-en-Provence⟧
⟦23-25, avenue du Docteur Lefèvre 75014 PARIS⟧
Elle vit au ⟦3 rue J. Jaurès à Lyon⟧.
Le domicile (⟦18 C rue de l'Église, F-67000 Strasbourg⟧) est insalubre.
Elle loge ⟦4 passage du Moulin⟧ depuis mars.
Examens de laboratoire au ⟦6 rue des Acacias⟧
Titulaire du bail, il habite ⟦6 rue des Acacias⟧
⟦9 rue anatole france 92300 levallois-perret⟧
Il rentre ⟦12~rue~des lilas⟧ à pied.""",
    "named-person": """\
⟦M. Dupont⟧ consulte pour une toux.
⟦Mme Martin⟧, 64 ans, est adressée par le ⟦Dr Durand⟧.
Chez ⟦Monsieur Jean-Pierre Lefèvre⟧, on note une fièvre.
Le service du ⟦Pr Anne-Marie Le Goff⟧.
⟦Mlle Nguyen⟧ et ⟦Mme Ba⟧
Vu avec le ⟦docteur Sophie Lambert⟧ ce jour.
⟦MME LEROY⟧ est stable.
⟦MME DE LA FONTAINE⟧ et ⟦M. LE GALL⟧
Avis du ⟦Professeur Morel⟧ demandé.
⟦Madame de La Tour⟧ refuse le traitement.
⟦Mme Dupont née Girard⟧
⟦Mme Vve Perrin⟧, les ⟦Drs Colin et Morel⟧, les ⟦docteurs Perrin et Colin⟧
On revoit ⟦M. N'Diaye⟧ à un mois.
⟦Mr. Roussel⟧ a 45 ans.
Le patient, ⟦M. Le Gall⟧, va bien.
Porteur de l'hépatite B. ⟦M. Colin⟧ est revu.
⟦MM. Perrin et Colin⟧ sont apparentés.
⟦M.~El~Amrani⟧ est hypertendu.
⟦Mme D. Fontaine⟧ est suivie depuis 2019.
Courrier du ⟦Dr.~Weber⟧.
⟦Monsieur VAN DEN BERG⟧ est sorti.
Selon ⟦M. O'Brien⟧, la douleur est ancienne.
Nom de naissance : ⟦Girard⟧
Nom : ⟦Dupont⟧, prénom : ⟦Lucie⟧
La maladie de ⟦M. Bernard⟧ évolue depuis dix ans.""",
    "initialled-person": """\
⟦M. X⟧ est âgé de 54 ans.
⟦Mme Y⟧ consulte pour des céphalées.
⟦Mme D.⟧ présente une dyspnée.
⟦M. A.B.⟧, 61 ans, fumeur.
⟦M. B.⟧, fumeur, tousse.
⟦M. Y⟧, 30 ans ; le ⟦Dr B.⟧ le suit.
⟦Mr B⟧ n'est pas diabétique.
Il s'agit de ⟦madame Z.O⟧, âgée de 76 ans.
⟦M.O⟧, âgé de 42 ans, a consulté.
⟦M A⟧, 36 ans, sans antécédent
⟦Mlle I⟧ est admise.
⟦Mme HK⟧, âgée de 27 ans
⟦Mr LBA⟧, 65 ans
⟦Madame R...⟧ est sortie.
⟦Monsieur A⟧ a six enfants.
On adresse ⟦Mme F N⟧ en urgence
Le traitement de ⟦M. D.⟧ est poursuivi.
⟦Mme B.⟧ Ceci la rassure.""",
    "record-number": """\
IPP ⟦0123456⟧
IPP : ⟦8001234567⟧, service de pneumologie
N° de dossier : ⟦45213⟧
Dossier n° ⟦2023-00417⟧
Numéro de séjour ⟦220145879⟧
Numéro de dossier médical : ⟦A123456⟧
dossier médical n°⟦778899⟧
n° d'admission : ⟦12 345 678⟧
Identifiant permanent du patient (IPP) : ⟦801234567⟧
NDA ⟦1234567890⟧
NIP ⟦8012345678⟧""",
}

NOTHING = """\
Mme et M. sont mariés.
M. tuberculosis est un bacille acido-alcoolo-résistant.
M. Tuberculosis complex
Infection à M. pneumoniae ou à M. avium.
Les espèces M. Leprae et M. Bovis
Dosage des immunoglobulines M. Le diagnostic est celui d'une hépatite A.
IgG et IgM. Elle est apyrétique.
Injection I.M. Décanoate de flupentixol.
Centre M.D. Anderson de Houston
La date d'obtention de l'A.M.M. Cette date compte.
Myélome multiple (MM). Ils contribuent au MM. Des études sont en cours.
Le syndrome de Guillain-Barré est une polyradiculonévrite.
La maladie de Parkinson, la maladie de Crohn et la maladie de Basedow
Le signe de Babinski et la manœuvre de Lasègue sont recherchés.
Le Dr Parkinson a décrit la paralysie agitante, le Pr Dieulafoy l'ulcère.
Le syndrome du Dr Tartempion est rare.
L'hôpital du Dr Lefort et le CHU Professeur Zaza
Suivi au centre neuropsychiatrique Dr Joseph-Lambert.
Avenue du Docteur Lefèvre
L'hôpital Robert-Debré
(Traduit par Docteur Paul Lambert).
Les travaux du Dr Lambert et al. montrent un effet.
Pessaire (Dr Lambert® Cerclage)
Le Dr House est un médecin de série ; le Dr Google aussi.
Le M. Soléaire et le M. Gastrocnémien latéral
Le Dr HLA
Mme la directrice de l'établissement
Madame la Présidente, Monsieur le Ministre
Mme Patiente de 45 ans
Allongement de l'espace PR. La durée du PR à 200 ms est normale.
La PR. Par ailleurs, les biothérapies
Le Pr Positif ne veut rien dire.
HLA-DR B1 et HLA-Dr Positif
Une masse moléculaire Mr 50 000
Fernandez M. Diabetic ketoacidosis. Emerg Med 2007.
R. M. Ricketts a proposé cette ligne.
Madame, Monsieur, voici le résultat.
Un professeur de médecine et un docteur en pharmacie
professeur de Médecine
Le patient est vu le 12/03/1956 pour examen.
Opéré en urgence le 3 mai 2019.
Le nouveau-né le 12/03/2020 pesait 3 kg.
Enfant né à terme et hospitalisé le 12/03/2020.
Louis Pasteur est né le 27 décembre 1822.
Née en 1956, elle fume depuis 1974.
Date des dernières règles : 12/03/2020
Scanner du 12/03/2021 sans anomalie.
Voie orale, 5 % de glucose, 500 mg 3 fois par jour
La place de la chirurgie est discutée ; 2 Place de la radiothérapie
Les 2 voies d'abord de la hanche
1 voie orale et 2 voies veineuses
Une avenue prometteuse pour la thérapie ; 3 avenues
Les enfants de la rue
Au cours de 12 cours magistraux
En 2012, place de la chirurgie
460 av. J.-C.
Un cathéter 3 voies en place pendant 10 jours
Titulaire : LABORATOIRES EXEMPLE 12 RUE DES LILAS 75013 PARIS
Exploitant de l'autorisation de mise sur le marché EXEMPLE SAS 3 avenue Foch 75016 PARIS Tél : 01 42 34 56 78
N° vert 0800 222 555
Appelez le 15 ou le 112 ; le 3114 répond jour et nuit.
Tabac info service : 09 69 39 11 22 ; SOS amitié 09 72 39 40 50
PMID 31978945, doi 10.1016/j.lpm.2010.06.12.34
PMID: 0612345678
0612345678
Options 01 02 03 04 05
Posologie 05 10 15 20 25 mg
Séries 00 01 02 03 04 05 06 07
P = 0,0612345678
06 12 34 56 78 90 12
RPPS 01 42 34 56 78
Natrémie 140, kaliémie 4,1, chlorémie 102, créatinine 78, urée 5,2
TA 12/8, FC 80, SpO2 97 %
NCT03508050 et CRD42017073259
IPP 40 mg par jour pendant 8 semaines
Sous IPP 20 40 80 mg
L'IPP (71,1 %) était plus élevé.
Les dossiers de 2769 patients ont été revus.
La durée du séjour était de 12 jours.
Dossier n° 3
a@b et p@q.5
10 mg @ 8 h
1 85 05 78 006 084 00
185057800608400
1 85 05 78 006 084
1234567890123
L'examen au NIR 780 nm
Q-code M 12 et M 5
Nom : Paracétamol
Chirurgie de la main, point M. Une incision suffit.""".splitlines()

MARKED = [
    (kind, line.replace("~", "\u00a0")) for kind, lines in FINDINGS.items() for line in lines.splitlines()
]


def found(text: str) -> list[tuple[str, str]]:
    """Kind and text of what is found."""
    return [(kind, text[start:end]) for kind, start, end in scan_text(text)]


def every_search(text: str) -> list[tuple[str, int, int]]:
    """What all searches find, without the first pass that spares most of them."""
    numbers = (find_record_numbers, find_nirs, find_phones)
    searches = (find_emails, *numbers, find_birth_dates, find_addresses, find_persons)
    spans = [span for find in searches for span in find(text)]
    return privacy._without_overlaps(spans)

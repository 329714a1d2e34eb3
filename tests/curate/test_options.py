import pytest

from medinjection_fr.curate.options import fixes_the_order

NAMES_OTHERS = """\
Toutes les réponses sont exactes
toutes ces propositions sont exactes.
Toutes les propositions ci-dessus
Tout ce qui précède
Toutes sont fausses
Toutes
Elles sont toutes exactes
Aucune de ces réponses
Aucune de ces réponses n’est exacte
Aucune réponse exacte
Aucune des réponses précédentes n'est exacte
Aucune des propositions
Aucune
Rien de tout cela
A et C
(A et C)
Les réponses A et C sont exactes
A, B et C
A + B
B ou C
All of the above
None of the above.
None of these
Both A and B
A and B only
All
None
Both
Any of the above""".splitlines()

SPEAKS_FOR_ITSELF = """\
Vitamines A et D
Hépatites A et B
Toutes les quatre heures
Tous les jours
Toux
Aucune douleur
Aucun traitement
Aucune antibiothérapie
Aucune réponse immunitaire
Autre réponse inflammatoire
Rien
A
AB
Le choix A
All patients with diabetes
None detected in the urine
Both kidneys
Either aspirin or clopidogrel""".splitlines()


@pytest.mark.parametrize("option", NAMES_OTHERS)
def test_an_option_that_names_others_fixes_the_order(option: str) -> None:
    assert fixes_the_order(["Le fluconazole", option])


@pytest.mark.parametrize("option", SPEAKS_FOR_ITSELF)
def test_an_option_that_speaks_for_itself_does_not(option: str) -> None:
    assert not fixes_the_order(["Le fluconazole", option])

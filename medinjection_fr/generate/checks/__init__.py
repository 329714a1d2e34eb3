"""Whether a translation is faithful: rules that need no model, each with a name."""

from medinjection_fr.generate.checks.check import RULES, check_item, check_text
from medinjection_fr.generate.checks.fault import Fault
from medinjection_fr.generate.checks.glossary import Glossary, load_glossary

__all__ = ["RULES", "Fault", "Glossary", "check_item", "check_text", "load_glossary"]

"""An environment in which a warm worker can rehearse nothing: its own task cannot be imported."""

import sys

sys.modules["aileron_rehearses"] = None

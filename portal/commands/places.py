"""Where things lie in a checkout."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # rxconfig.py, assets/, alembic/ and .web/ are beside the package
# Data, secrets and logs of the demo. PORTAL_STATE_DIR puts them elsewhere: a second demo, a test.
STATE = Path(os.environ.get("PORTAL_STATE_DIR") or ROOT / ".portal").absolute()
LOGS = STATE / "logs"
WEB = ROOT / ".web"
DOTENV = ROOT / ".env"

"""Where things lie in a checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]  # rxconfig.py, assets/, alembic/ and .web/ are beside the package
STATE = ROOT / ".portal"
LOGS = STATE / "logs"
WEB = ROOT / ".web"
DOTENV = ROOT / ".env"

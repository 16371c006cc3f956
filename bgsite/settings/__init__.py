"""All settings, a module for each theme. Nothing set: the embedded mode (SQLite, a broker of files, a local folder).

The environment alone turns it into the server mode: DATABASE_URL, BROKER_URL, S3_BUCKET. docs/configuration.md has
the table. A setting is in one module, and modules import from one another by name.
"""

from bgsite.settings.accounts import *
from bgsite.settings.api import *
from bgsite.settings.base import *
from bgsite.settings.billing import *
from bgsite.settings.inference import *
from bgsite.settings.logs import *
from bgsite.settings.operators import *
from bgsite.settings.security import *
from bgsite.settings.stores import *
from bgsite.settings.work import *

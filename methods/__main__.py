"""The comparison without a browser: `python -m methods CONTENT STYLE`."""

import sys

from compare.cli import main

sys.exit(main())

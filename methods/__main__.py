"""The comparison without a browser: `python -m methods CONTENT STYLE`."""

import sys

from compare.cli import main

if __name__ == "__main__":
    sys.exit(main())

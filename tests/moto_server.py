"""The stand-in for AWS as a process of its own: `python -m tests.moto_server -H HOST -p PORT`."""

from moto.server import main

from iasql.cli.demo.stand_in import look_up_once

if __name__ == "__main__":
    look_up_once()
    main()

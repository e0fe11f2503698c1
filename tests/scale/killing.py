"""What kills a worker, once, in the middle of a job: by what it is given, not by the clock."""

import os
import signal


class KilledOnce:
    """Passes batches on; when it first meets a certain row, the process that does so is killed."""

    def __init__(self, marker, row):
        self.marker, self.row = str(marker), row

    def __call__(self, batch):
        if self.row in batch.column("text").to_pylist() and not os.path.exists(self.marker):
            with open(self.marker, "x"):
                pass
            os.kill(os.getpid(), signal.SIGKILL)
        return batch

"""Classify images with Dask: python on_a_cluster.py MODEL IMAGES CLASSES [SCHEDULER]."""

import sys

import numpy as np
from dask.distributed import Client, LocalCluster

import akida_lite as al


def main(model, images, classes, scheduler=None):
    """Write the class of every image of one .npy file to another."""
    with Client(scheduler or LocalCluster(n_workers=2, threads_per_worker=1)) as client:
        found = al.parallel.predict(
            al.Model.load(model),
            np.load(images),
            workers=len(client.scheduler_info(n_workers=-1)["workers"]),
            threads=1,
            executor=client.get_executor(),
        )
    np.save(classes, found)


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Classify a file of images with Dask: python with_dask.py MODEL IMAGES CLASSES [SCHEDULER]."""

import sys

import numpy as np
from dask.distributed import Client, LocalCluster

import akida_lite as al


def classes_of_rows(classify, path, start, stop):
    """Return the classes of some images; a worker reads them itself."""
    images = np.load(path, mmap_mode="r")[start:stop]
    return classify({"image": images})["class"]


def main(model, images, classes, scheduler=None, part=500):
    """Write the class of every image of one .npy file to another."""
    count = len(np.load(images, mmap_mode="r"))
    with Client(scheduler or LocalCluster(n_workers=2, threads_per_worker=1)) as client:
        # Once to each worker, not with each part.
        classify = client.scatter(al.Classifier(model, threads=1), broadcast=True)
        parts = [
            client.submit(classes_of_rows, classify, images, start, min(start + part, count))
            for start in range(0, count, part)
        ]
        found = client.gather(parts)
    np.save(classes, np.concatenate(found))


if __name__ == "__main__":
    main(*sys.argv[1:])

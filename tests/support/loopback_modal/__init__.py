"""A Modal on loopback: the real `modal deploy` talks to it over gRPC, and the real container entry point of the `modal`
package runs the functions. It takes nothing but what the `modal` package holds.

    settings      what it is started with
    control_plane all parts together, served
    functions     apps, and what is deployed in them
    images        images and local files
    volumes       folders that outlive containers
    secret_store  environment variables that outlive deployments
    calls         what waits, what runs, and how it ended
    containers    how many processes there are, and what each is given
    launcher      how one is started
    gateway       HTTP to functions that are ASGI apps
    admin         what tests look at and make happen
    journal       what has happened
    rpc           how methods are served as gRPC

It does what Modal documents of retries, preemption, crashes, cancelling and results that expire. Outside it are: builds
of images, GPUs, memory snapshots, limits of time, scaling down, quotas. Containers run as root on this machine, each
with the files and folders that its function names in the place of the machine's.
"""

"""Short forms of the configuration's objects; keywords are the configuration's own keys."""

from support import addresses


def http(cluster=None, name="web", address=None, **keys):
    """An http listener, on a free port unless told otherwise."""
    listener = {"name": name, "address": address or addresses.ipv4(), "protocol": "http", **keys}
    if cluster:
        listener["cluster"] = cluster
    return listener


def tcp(cluster, name="pipe", address=None, **keys):
    listener = {"name": name, "address": address or addresses.ipv4(), "protocol": "tcp"}
    return {**listener, "cluster": cluster, **keys}


def cluster(name, *endpoints, **keys):
    """Endpoints are addresses, things that have one, or whole mappings."""
    return {"name": name, "endpoints": [_endpoint(one) for one in endpoints], **keys}


def route(name, cluster=None, **keys):
    return {"name": name, **({"cluster": cluster} if cluster else {}), **keys}


def _endpoint(one):
    if isinstance(one, dict):
        return one
    return {"address": getattr(one, "address", one)}

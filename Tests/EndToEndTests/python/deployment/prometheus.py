class Prometheus: pass

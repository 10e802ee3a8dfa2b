package bridge

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/dialog"
)

// listenForMetrics opens the door of the figures; nil if they are not wanted.
func listenForMetrics(ctx context.Context, cfg *config.Config) (net.Listener, error) {
	if !cfg.Metrics.Enabled {
		return nil, nil
	}
	var listen net.ListenConfig
	l, err := listen.Listen(ctx, "tcp", cfg.Metrics.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for metrics (metrics.listen): %w", err)
	}
	return l, nil
}

// metricsOf shows the figures of the core and of the process at /metrics.
func metricsOf(core *dialog.Service) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(core.Collectors()...)
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

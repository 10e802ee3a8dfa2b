package bridge

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/router"
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

// measured is a room of the house that has figures to show.
type measured interface {
	Collectors() []prometheus.Collector
}

// metricsOf shows the figures of the house and of the process at /metrics.
func metricsOf(version string, database []prometheus.Collector, rooms ...measured) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(buildInfo(version))
	registry.MustRegister(database...)
	for _, room := range rooms {
		registry.MustRegister(room.Collectors()...)
	}
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := router.New()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapes}))
	return mux
}

// scrapes is how many requests for figures are answered at once; nobody asks for more.
const scrapes = 4

func buildInfo(version string) prometheus.Collector {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "anteroom_build_info", Help: "1, with the version of the bridge and of the Go that built it.",
	}, []string{"version", "goversion"})
	info.WithLabelValues(version, runtime.Version()).Set(1)
	return info
}

package admin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/store"
)

// Unmatched calls each with what visitors of a site wrote since a time and no chain
// was meant by, the oldest first. The bridge may run meanwhile.
func Unmatched(ctx context.Context, cfg *config.Config, site chat.SiteID, since time.Time, each func(text string)) (err error) {
	if cfg.Database.Type == config.SQLite {
		if _, err := os.Stat(cfg.Database.URI); err != nil {
			return fmt.Errorf("there is no database yet: %w", err)
		}
	}
	s, err := store.Beside(ctx, store.Options{Type: string(cfg.Database.Type), URI: cfg.Database.URI, Log: zerolog.Nop()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Unmatched(ctx, site, since, func(u store.Unmatched) { each(u.Text) })
}

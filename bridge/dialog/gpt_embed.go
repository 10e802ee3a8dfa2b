package dialog

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge/embed"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// embedRetry is the pause after an endpoint of embeddings failed. Meanwhile the
// passages are found by their words.
const embedRetry = 5 * time.Minute

// embedAssistant has the knowledge of an assistant compared by meaning too, as soon
// as its endpoint has given the vectors, until ctx ends.
func (s *Service) embedAssistant(ctx context.Context, site *config.Site, a *config.Assistant) error {
	id := assistantID{site.ID, a.Name}
	log := s.log.With().Str(trail.Site, string(site.ID)).Str("assistant", a.Name).Logger()
	endpoint := Embeddings(a, embed.Options{
		Cache: s.vectors(site, a),
		Trouble: func(err error) {
			log.Warn().Err(err).Msg("The vectors of knowledge could not be kept; they are asked for again at the next start")
		},
		Failed: func(err error) {
			log.Warn().Err(err).Msg("A question could not be compared with the assistant's knowledge; for a while it is searched by words")
		},
	})
	news := s.bot.assistants.embedder(id)
	retry := time.NewTimer(0)
	defer retry.Stop()
	for {
		select {
		case <-news:
		case <-retry.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		base := s.bot.assistants.baseOf(id)
		if base == nil {
			continue
		}
		at := time.Now()
		with, err := base.Embed(ctx, endpoint)
		if err == nil {
			made, makeErr := NewAssistant(site, a, with)
			if err = makeErr; err == nil && s.bot.assistants.improve(id, base, made) {
				log.Info().Msg("The assistant's knowledge is found by its meaning too")
			}
		}
		if err != nil && ctx.Err() == nil {
			log.Warn().Err(err).Stringer("again_in", embedRetry).Msg("The assistant's knowledge could not be embedded; it is found by its words")
			retry.Reset(embedRetry)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if tellErr := s.store.Write(ctx, func(ctx context.Context) error { return s.tellSearch(ctx, site, a.Name, at, err) }); tellErr != nil {
			log.Warn().Err(tellErr).Msg("The operators could not be told how the assistant finds its knowledge")
		}
	}
}

// Embeddings is the endpoint that compares an assistant's questions with passages; the
// options lack nothing but where it is.
func Embeddings(a *config.Assistant, o embed.Options) *embed.Endpoint {
	o.BaseURL, o.Key, o.Model = a.Embeddings.BaseURL, a.Embeddings.APIKey, a.Embeddings.Model
	return embed.New(o)
}

// vectors is where the vectors of an assistant's knowledge are kept: in memory if the
// file cannot be used.
func (s *Service) vectors(site *config.Site, a *config.Assistant) embed.Cache {
	folder := filepath.Join(s.files.dir, "vectors")
	const private = 0o700
	err := os.MkdirAll(folder, private)
	if err == nil {
		var file *embed.File
		if file, err = embed.OpenFile(filepath.Join(folder, string(site.ID)+"."+a.Name)); err == nil {
			return file
		}
	}
	s.log.Warn().Err(err).Msg("The vectors of an assistant's knowledge cannot be kept over a restart")
	return embed.NewMemory()
}

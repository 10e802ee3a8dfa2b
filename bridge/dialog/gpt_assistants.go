package dialog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/anteroom-chat/anteroom/bot/gpt/knowledge"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

// assistants are those of all sites that are in use. One is missing whose
// instruction or knowledge could not be read since the start.
type assistants struct {
	mu  sync.RWMutex
	all map[assistantID]*Assistant
	// bases are what they know, before it is embedded; news says that it is another.
	bases map[assistantID]*knowledge.Base
	news  map[assistantID]signal
	// embedded are those of which that is done.
	embedded map[assistantID]bool
	// read is what each one's files looked like when they were read last.
	read map[assistantID]string
}

// assistantID names an assistant of a site.
type assistantID struct {
	site chat.SiteID
	name string
}

func newAssistants() assistants {
	return assistants{
		all: map[assistantID]*Assistant{}, read: map[assistantID]string{},
		bases: map[assistantID]*knowledge.Base{}, news: map[assistantID]signal{}, embedded: map[assistantID]bool{},
	}
}

// of returns an assistant; nil if it cannot answer.
func (a *assistants) of(id assistantID) *Assistant {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.all[id]
}

func (a *assistants) use(id assistantID, base *knowledge.Base, made *Assistant) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all[id], a.bases[id], a.embedded[id] = made, base, false
	if news := a.news[id]; news != nil {
		news.wake()
	}
}

// embedder says from now on when an assistant has other knowledge to be embedded.
func (a *assistants) embedder(id assistantID) signal {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.news[id] = make(signal, 1)
	return a.news[id]
}

// baseOf is what an assistant knows; nil for nothing.
func (a *assistants) baseOf(id assistantID) *knowledge.Base {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.bases[id]
}

// improve uses an assistant whose knowledge is embedded, unless it has other knowledge by now.
func (a *assistants) improve(id assistantID, base *knowledge.Base, made *Assistant) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.bases[id] != base {
		return false
	}
	a.all[id], a.embedded[id] = made, true
	return true
}

// compares reports whether an assistant compares questions with passages by meaning.
func (a *assistants) compares(id assistantID) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.embedded[id]
}

func (a *assistants) seen(id assistantID) string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.read[id]
}

func (a *assistants) see(id assistantID, looks string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.read[id] = looks
}

// LoadAssistants reads the instructions and the knowledge of all sites' assistants.
// Faults in them do not keep the bridge from starting: that assistant cannot answer
// then, and operators are told. Call it before the doors open, when there is a desk.
func (s *Service) LoadAssistants(ctx context.Context) (err error) {
	s.eachAssistant(func(site *config.Site, a *config.Assistant) {
		if loadErr := s.loadAssistant(ctx, site, a); loadErr != nil {
			err = errors.Join(err, fmt.Errorf("assistant %s of site %s: %w", a.Name, site.ID, loadErr))
		}
	})
	return err
}

// eachAssistant calls do with the assistants of all sites whose bot is on.
func (s *Service) eachAssistant(do func(*config.Site, *config.Assistant)) {
	for _, site := range s.cfg.Sites {
		if !site.Bot.Enabled {
			continue
		}
		for _, name := range site.AssistantNames() {
			do(site, site.Assistants[name])
		}
	}
}

// loadAssistant reads an assistant's files as a whole, and uses them if nothing is
// wrong in them.
func (s *Service) loadAssistant(ctx context.Context, site *config.Site, a *config.Assistant) error {
	id := assistantID{site.ID, a.Name}
	s.bot.assistants.see(id, looksOf(a, nil)) // first, or a change in between would be missed
	log := s.log.With().Str(trail.Site, string(site.ID)).Str("assistant", a.Name).Logger()
	base, faults := LoadKnowledge(a)
	var wrong []string
	for _, f := range faults {
		if f.Warning {
			log.Info().Str("at", f.Pos.String()).Msg("The assistant's knowledge is doubtful: " + f.Text)
		} else {
			log.Warn().Str("at", f.Pos.String()).Msg("The assistant's knowledge is wrong: " + f.Text)
			wrong = append(wrong, f.String())
		}
	}
	if len(wrong) == 0 {
		made, err := NewAssistant(site, a, base)
		if err != nil {
			log.Warn().Err(err).Msg("The assistant cannot be made")
			wrong = append(wrong, err.Error())
		} else {
			s.bot.assistants.use(id, base, made)
			log.Info().Msg("The assistant is ready")
		}
	}
	return s.tellFaults(ctx, "assistant:"+string(site.ID)+":"+a.Name, wrong, func(ctx context.Context) error {
		return s.desk.Knowledge(ctx, site, a.Name, wrong, s.bot.assistants.of(id) != nil)
	})
}

// watchAssistant follows an assistant's files, and reads them as a whole when they
// have changed and settled, until ctx ends.
func (s *Service) watchAssistant(ctx context.Context, site *config.Site, a *config.Assistant) error {
	id := assistantID{site.ID, a.Name}
	return s.follow(ctx, followed{
		look: func(watch func(string)) string { return looksOf(a, watch) },
		seen: func() string { return s.bot.assistants.seen(id) },
		read: func(ctx context.Context) {
			if err := s.loadAssistant(ctx, site, a); err != nil && ctx.Err() == nil {
				s.log.Error().Err(err).Str(trail.Site, string(site.ID)).Msg("The operators could not be told of an assistant's changed files")
			}
		},
	})
}

// looksOf tells one state of an assistant's files from another.
func looksOf(a *config.Assistant, watch func(string)) string {
	var looks []string
	if a.Knowledge != "" {
		looks = append(looks, look(a.Knowledge, watch))
	}
	for _, language := range slices.Sorted(maps.Keys(a.InstructionFile)) {
		file := a.InstructionFile[language]
		if watch != nil {
			watch(filepath.Dir(file)) // editors put a new file in its place
		}
		info, err := os.Stat(file)
		if err != nil {
			looks = append(looks, err.Error())
			continue
		}
		looks = append(looks, fmt.Sprint(info.Size(), info.ModTime().UnixNano()))
	}
	return strings.Join(looks, " ")
}

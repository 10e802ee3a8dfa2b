package dialog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/anteroom-chat/anteroom/bot/chain"
	"github.com/anteroom-chat/anteroom/bot/talk"
	"github.com/anteroom-chat/anteroom/bridge/chat"
	"github.com/anteroom-chat/anteroom/bridge/config"
	"github.com/anteroom-chat/anteroom/bridge/killpoint"
	"github.com/anteroom-chat/anteroom/bridge/outward"
	"github.com/anteroom-chat/anteroom/bridge/store"
	"github.com/anteroom-chat/anteroom/bridge/trail"
)

const (
	// botRequests is how many requests of chains are made at once, and siteRequests
	// how many of one site: those of one that is slow hold up no other's.
	botRequests  = 8
	siteRequests = 3
	// requestMost is the longest that an answer may take, whatever a chain says;
	// requestLease is longer.
	requestMost  = time.Minute
	requestLease = 2 * time.Minute
)

// botClients are the ways by which a site's bot reaches others.
type botClients struct{ requests, media *outward.Client }

func newBotClients(allow outward.AllowList) botClients {
	return botClients{
		requests: outward.New(outward.Options{Allow: allow, Timeout: requestMost, MaxBody: chain.MaxResponse}),
		media:    outward.New(outward.Options{Allow: allow, MaxBody: maxMedia}),
	}
}

// makeRequests makes the requests of chains until ctx ends. One that was under way
// when the process ended is made again, with the same Idempotency-Key.
func (s *Service) makeRequests(ctx context.Context) error {
	return works[store.BotRequest]{
		name: "requests of chains", bell: s.bot.requests, most: botRequests, release: s.store.ReleaseBotRequests,
		take: func(ctx context.Context, now time.Time, most int) ([]store.BotRequest, time.Time, error) {
			return s.store.TakeBotRequests(ctx, now, requestLease, store.RequestShare{Limit: most, Site: siteRequests})
		},
		do: s.makeRequest,
	}.run(ctx, s.log)
}

// makeRequest makes a request and tells the bot what became of it.
func (s *Service) makeRequest(ctx context.Context, r store.BotRequest) {
	killpoint.Reach(killpoint.BeforeRequest)
	until := time.Now().Add(requestLease)
	var answer talk.Response
	err := safely(func() (err error) { answer, err = s.ask(ctx, r); return err })
	if errors.Is(err, errFault) {
		s.log.Error().Err(err).Str(trail.Visitor, string(r.Visitor)).Str(trail.Request, r.ID).Msg("A request of a chain broke off; the chain goes on as if there were no answer")
		err = errors.New("the program met a fault, which its log describes")
	}
	if ctx.Err() != nil {
		return // made again at the next start
	}
	killpoint.Reach(killpoint.AfterRequest)
	if err != nil {
		answer = talk.Response{Fault: err.Error()}
	}
	err = keep(ctx, until, func() error {
		return s.store.Write(ctx, func(ctx context.Context) error {
			if mine, err := s.store.FinishBotRequest(ctx, r); err != nil || !mine {
				return err
			}
			return s.tellBot(ctx, r.Visitor, "response:"+r.ID, talk.Event{Kind: talk.Responded, Request: r.ID, Response: &answer})
		})
	})
	if err != nil && ctx.Err() == nil {
		s.log.Warn().Err(err).Str(trail.Visitor, string(r.Visitor)).Str(trail.Request, r.ID).Msg("The answer to a chain's request could not be kept; the request is made again")
	}
}

// ask makes a request. Its error is for operators, and names no more than the host.
func (s *Service) ask(ctx context.Context, r store.BotRequest) (answer talk.Response, err error) {
	var request talk.Request
	if err := json.Unmarshal([]byte(r.Request), &request); err != nil {
		return answer, fmt.Errorf("the request cannot be read: %w", err)
	}
	visitor, err := s.store.Visitor(ctx, r.Visitor)
	if err != nil {
		return answer, err
	}
	site, err := s.Site(visitor.Site)
	if err != nil {
		return answer, err
	}
	out, err := written(site, r.Visitor, request)
	if err != nil {
		return answer, err
	}
	most := requestMost
	if request.Timeout > 0 {
		most = min(request.Timeout, requestMost)
	}
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	got, err := s.bot.clients[site.ID].requests.Do(limited, out)
	switch {
	case err == nil:
		return talk.Response{Status: got.Status, Body: strings.ToValidUTF8(string(got.Body), "\uFFFD")}, nil
	case errors.Is(err, context.DeadlineExceeded):
		return answer, fmt.Errorf("there was no answer within %s", most)
	default:
		return answer, plainly(err)
	}
}

// written is a request with its secrets, as it is sent.
func written(site *config.Site, visitor chat.VisitorID, request talk.Request) (outward.Request, error) {
	var missing []string
	splice := func(parts talk.Spliced) string {
		text, unknown := parts.Join(site.Bot.Secrets)
		missing = append(missing, unknown...)
		return text
	}
	out := outward.Request{Method: request.Method, URL: splice(request.URL), Header: http.Header{}, Body: []byte(splice(request.Body))}
	if request.Type != "" && len(out.Body) > 0 {
		out.Header.Set("Content-Type", request.Type)
	}
	for name, value := range request.Headers {
		out.Header.Set(name, splice(value))
	}
	if request.Method != http.MethodGet && request.Method != "" {
		sum := sha256.Sum256([]byte(string(visitor) + " " + request.ID)) // the id is unique in its dialog
		out.Header.Set("Idempotency-Key", hex.EncodeToString(sum[:16]))
	}
	if len(missing) > 0 {
		return out, fmt.Errorf("the config has no secret %s", strings.Join(missing, ", "))
	}
	return out, nil
}

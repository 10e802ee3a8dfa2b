package storm_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/anteroom-chat/anteroom/bridge/bridgetest"
	"github.com/anteroom-chat/anteroom/bridge/storm/record"
)

// refuse answers with a status, and does nothing.
func refuse(status int) trouble {
	return func(w http.ResponseWriter, _ *http.Request, _ []byte, _ http.Handler, _ time.Duration) {
		if status != http.StatusTooManyRequests {
			bridgetest.Refuse(w, status)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"errcode":"M_LIMIT_EXCEEDED","error":"refused by the storm","retry_after_ms":400}`)
	}
}

// garbage answers 200 with what no homeserver says, and does nothing: so do proxies and
// captive portals.
func garbage(w http.ResponseWriter, r *http.Request, body []byte, _ http.Handler, _ time.Duration) {
	all := []string{"<html><body>It works!</body></html>", "", "{", "{}", "[]", "null", "\x00\xff", "{\"event_id\":7}", "{\"chunk\":\"\"}"}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, all[(len(body)+len(r.URL.Path))%len(all)])
}

// A homeserver that stalls answers so late; in a short storm sooner.
const stalled, stalledShort = time.Minute, 10 * time.Second

// stall has few requests answered after a minute: half of them are done at once, the
// others then.
func stall(_ context.Context, s *storm, dice *rand.Rand) {
	late := stalledShort
	if s.long {
		late = stalled
	}
	const least, more = 2, 8
	before := dice.IntN(2) == 0
	s.goesOn()
	s.outward.be(s.doing, func(w http.ResponseWriter, r *http.Request, _ []byte, forward http.Handler, _ time.Duration) {
		if !before {
			pause(r.Context(), late)
			forward.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		forward.ServeHTTP(answer, r)
		pause(r.Context(), late)
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}, least+dice.IntN(more), span(dice))
}

// lie has the homeserver say wrong times of what operators wrote: one lie a transaction,
// as a clock does that was set wrong for a while.
func lie(_ context.Context, s *storm, dice *rand.Rand) {
	const most = 48 * time.Hour
	wrong := (time.Duration(dice.Int64N(int64(2*most))) - most).Milliseconds()
	s.goesOn()
	s.inward.be(s.doing, func(w http.ResponseWriter, r *http.Request, body []byte, forward http.Handler, _ time.Duration) {
		if told := s.shift(body, wrong); told != nil {
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(told)), int64(len(told))
		}
		forward.ServeHTTP(w, r)
	}, share(dice), span(dice))
}

// shift changes the times of a transaction's events; nil if it is none.
func (s *storm) shift(body []byte, wrong int64) []byte {
	var transaction map[string]json.RawMessage
	var events []map[string]any
	if json.Unmarshal(body, &transaction) != nil || json.Unmarshal(transaction["events"], &events) != nil {
		return nil
	}
	for _, e := range events {
		if at, ok := e["origin_server_ts"].(float64); ok {
			e["origin_server_ts"] = int64(at) + wrong
			id, _ := e["event_id"].(string)
			s.out.Write(record.Line{Kind: record.Lied, Event: id})
		}
	}
	told, err := json.Marshal(events)
	if err != nil {
		return nil
	}
	transaction["events"] = told
	whole, err := json.Marshal(transaction)
	if err != nil {
		return nil
	}
	return whole
}

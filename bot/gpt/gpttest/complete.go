package gpttest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// complete answers a request for a chat completion.
func (s *Server) complete(w http.ResponseWriter, r *http.Request) {
	request, err := read(w, r)
	if err != nil {
		fail(w, Fails(http.StatusBadRequest, "", err.Error()))
		return
	}
	defer s.count(&s.streaming)()
	reply := s.next(request)
	whole := false
	defer func() {
		if !whole && r.Context().Err() != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.hungUp++
		}
	}()
	if reply.HeldFirst && !s.hold(r.Context()) || !pause(r.Context(), reply.Wait) {
		return
	}
	switch {
	case reply.Status != 0 && reply.Status != http.StatusOK:
		fail(w, reply)
		whole = true
	case request.Stream:
		whole = s.stream(w, r, request, reply)
	default:
		if reply.Broken {
			panic(http.ErrAbortHandler)
		}
		if !s.pauses(r.Context(), reply) {
			return
		}
		s.write(w, request, reply)
		whole = true
	}
}

// count counts one up until what it returns is called.
func (s *Server) count(n *int) (down func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*n++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		*n--
	}
}

// hold waits for Release; false if the client went away.
func (s *Server) hold(ctx context.Context) bool {
	s.mu.Lock()
	release := s.release
	s.held++
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held--
	}()
	select {
	case <-release:
		return true
	case <-ctx.Done():
		return false
	}
}

// pause waits; false if the client went away.
func pause(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// pauses takes as long as the pieces would.
func (s *Server) pauses(ctx context.Context, reply Reply) bool {
	if reply.HeldAfter > 0 && !s.hold(ctx) {
		return false
	}
	return pause(ctx, time.Duration(max(len(reply.Pieces)-1, 0))*reply.Every)
}

// write answers a request that is not streamed.
func (s *Server) write(w http.ResponseWriter, request Request, reply Reply) {
	if reply.Raw != "" {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(reply.Raw))
		return
	}
	message := map[string]any{"role": "assistant", "content": reply.Text()}
	if reply.Refusal != "" {
		message["refusal"] = reply.Refusal
	}
	if len(reply.Calls) > 0 {
		message["tool_calls"] = toolCalls(reply.Calls, false)
	}
	answer := head("chat.completion", request.Model)
	answer["choices"] = []any{map[string]any{"index": 0, "message": message, "finish_reason": reply.finish()}}
	if !reply.Uncounted {
		answer["usage"] = usage(request, reply)
	}
	writeJSON(w, http.StatusOK, answer)
}

// stream answers in server-sent events; true if the client got it all.
func (s *Server) stream(w http.ResponseWriter, r *http.Request, request Request, reply Reply) bool {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-cache")
	out := http.NewResponseController(w)
	send := func(chunk map[string]any) {
		raw, _ := json.Marshal(chunk) // maps of strings can always be written
		_, _ = fmt.Fprintf(w, "data: %s\n\n", raw)
		_ = out.Flush() // a client that went away shows in the context
	}
	delta := func(delta map[string]any, finish any) {
		chunk := head("chat.completion.chunk", request.Model)
		chunk["choices"] = []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish}}
		send(chunk)
	}
	delta(map[string]any{"role": "assistant", "content": ""}, nil)
	for i, piece := range reply.Pieces {
		if reply.Broken && i == reply.After {
			panic(http.ErrAbortHandler)
		}
		if i > 0 && !pause(r.Context(), reply.Every) {
			return false
		}
		reply.writes(i)
		delta(map[string]any{"content": piece}, nil)
		if i+1 == reply.HeldAfter && !s.hold(r.Context()) {
			return false
		}
	}
	switch {
	case reply.Broken:
		panic(http.ErrAbortHandler)
	case reply.Raw != "":
		_, _ = w.Write([]byte(reply.Raw))
		return true
	case reply.Unended:
		return true
	}
	reply.writes(len(reply.Pieces))
	if reply.Refusal != "" {
		delta(map[string]any{"refusal": reply.Refusal}, nil)
	}
	for _, part := range toolCalls(reply.Calls, true) {
		delta(map[string]any{"tool_calls": []any{part}}, nil)
	}
	delta(map[string]any{}, reply.finish())
	if request.counted && !reply.Uncounted {
		last := head("chat.completion.chunk", request.Model)
		last["choices"], last["usage"] = []any{}, usage(request, reply)
		send(last)
	}
	_, _ = w.Write([]byte("data: [DONE]\n\n"))
	return r.Context().Err() == nil
}

// toolCalls writes calls; in a stream the arguments come in two parts, as they do.
func toolCalls(calls []Call, streamed bool) []map[string]any {
	var written []map[string]any
	for i, c := range calls {
		id := "call_" + strconv.Itoa(i+1)
		if !streamed {
			written = append(written, map[string]any{"id": id, "type": "function", "function": map[string]any{"name": c.Tool, "arguments": c.Arguments}})
			continue
		}
		half := len(c.Arguments) / 2
		for half > 0 && c.Arguments[half]&0xC0 == 0x80 { // within a character
			half--
		}
		written = append(
			written,
			map[string]any{"index": i, "id": id, "type": "function", "function": map[string]any{"name": c.Tool, "arguments": c.Arguments[:half]}},
			map[string]any{"index": i, "function": map[string]any{"arguments": c.Arguments[half:]}},
		)
	}
	return written
}

func head(object, model string) map[string]any {
	return map[string]any{"id": "chatcmpl-gpttest", "object": object, "created": 1700000000, "model": model}
}

// usage are the tokens told: without numbers in the reply, a word is one.
func usage(request Request, reply Reply) map[string]any {
	prompt, completion := reply.Prompt, reply.Completion
	if prompt == 0 {
		prompt = len(request.Body) / 4
	}
	if completion == 0 {
		completion = len(reply.Pieces)
	}
	return map[string]any{"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
}

// fail answers with an error.
func fail(w http.ResponseWriter, reply Reply) {
	if reply.RetryAfter != "" {
		w.Header().Set("Retry-After", reply.RetryAfter)
	}
	if reply.Location != "" {
		w.Header().Set("Location", reply.Location)
	}
	if reply.Body != "" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(reply.Status)
		_, _ = w.Write([]byte(reply.Body))
		return
	}
	problem := map[string]any{"message": reply.Message, "type": "invalid_request_error", "param": nil, "code": nil}
	if reply.Code != "" {
		problem["code"] = reply.Code
	}
	writeJSON(w, reply.Status, map[string]any{"error": problem})
}

func writeJSON(w http.ResponseWriter, status int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what) // the client is gone if it fails
}

package gpttest

import (
	"encoding/json"
	"hash/fnv"
	"io"
	"math"
	"net/http"
	"strings"

	"github.com/anteroom-chat/anteroom/bot/fold"
)

// control is the door for programs that are not written in Go.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "POST /gpttest/script":
		if replies, ok := decode[[]Reply](w, r); ok {
			s.Script(replies...)
		}
	case "POST /gpttest/always":
		if reply, ok := decode[Reply](w, r); ok {
			s.Always(reply)
		}
	case "POST /gpttest/release":
		s.Release()
		w.WriteHeader(http.StatusNoContent)
	case "GET /gpttest/requests":
		writeJSON(w, http.StatusOK, append([]Request{}, s.Requests()...))
	case "DELETE /gpttest":
		s.mu.Lock()
		s.requests, s.script = nil, nil
		s.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	default:
		fail(w, Fails(http.StatusNotFound, "", "There is no such control."))
	}
}

// decode reads an order, and answers it.
func decode[T any](w http.ResponseWriter, r *http.Request) (order T, ok bool) {
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&order); err != nil {
		fail(w, Fails(http.StatusBadRequest, "", err.Error()))
		return order, false
	}
	w.WriteHeader(http.StatusNoContent)
	return order, true
}

// embeddings answers a request for embeddings.
func (s *Server) embeddings(w http.ResponseWriter, r *http.Request) {
	request, err := read(w, r)
	if err != nil {
		fail(w, Fails(http.StatusBadRequest, "", err.Error()))
		return
	}
	s.mu.Lock()
	answer := s.embed
	s.mu.Unlock()
	if answer != nil {
		reply := answer(request)
		if reply.HeldFirst && !s.hold(r.Context()) || !pause(r.Context(), reply.Wait) {
			return
		}
		if reply.Status != 0 && reply.Status != http.StatusOK {
			fail(w, reply)
			return
		}
	}
	var data []any
	for i, text := range request.Input {
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": Vector(text)})
	}
	tokens := len(request.Body) / 4
	writeJSON(w, http.StatusOK, map[string]any{
		"object": "list", "model": request.Model, "data": data,
		"usage": map[string]any{"prompt_tokens": tokens, "total_tokens": tokens},
	})
}

// Dimensions is the length of a Vector.
const Dimensions = 64

// stem is how many letters of a word count, so that its forms are near each other.
const stem = 5

// Vector is the embedding of a text: of length 1, the nearer to another the more
// words they share, whatever their endings.
func Vector(text string) []float32 {
	vector := make([]float32, Dimensions)
	for word := range strings.FieldsFuncSeq(fold.Fold(text), func(r rune) bool { return strings.ContainsRune(" .,:;!?()«»\"'-–—/", r) }) {
		letters := []rune(word)
		hash := fnv.New32a()
		_, _ = hash.Write([]byte(string(letters[:min(stem, len(letters))])))
		vector[hash.Sum32()%Dimensions]++
	}
	var square float64
	for _, v := range vector {
		square += float64(v) * float64(v)
	}
	if square == 0 {
		vector[0], square = 1, 1
	}
	for i := range vector {
		vector[i] /= float32(math.Sqrt(square))
	}
	return vector
}

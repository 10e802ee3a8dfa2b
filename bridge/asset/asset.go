// Package asset serves the files of the front end: packed as tightly as they can be,
// and named by their content, so that a browser that has one does not load it again.
package asset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
)

// File is a file as it is served: packed as tightly as it can be, since people wait
// for it and few proxies pack by themselves. It is safe for concurrent use.
type File struct {
	kind  string // Content-Type
	plain []byte
	tag   string // names the content in an ETag
	// packed are the forms by their content coding; they are made when first asked for.
	packed func() map[string][]byte
}

// New makes a file of its Content-Type and its content, which is not to change any more.
func New(kind string, content []byte) *File {
	sum := sha256.Sum256(content)
	return &File{
		kind: kind, plain: content, tag: hex.EncodeToString(sum[:8]),
		packed: sync.OnceValue(func() map[string][]byte { return pack(content) }),
	}
}

// Content is what the file was made of; do not change it.
func (f *File) Content() []byte { return f.plain }

// codings are those that scripts are packed in, the tightest first.
func codings() []string { return []string{"br", "gzip"} }

func pack(content []byte) map[string][]byte {
	forms := map[string][]byte{}
	keep := func(coding string, to func(io.Writer) io.WriteCloser) {
		var b bytes.Buffer
		w := to(&b)
		_, err := w.Write(content)
		if err == nil {
			err = w.Close()
		}
		if err == nil && b.Len() < len(content) {
			forms[coding] = b.Bytes()
		}
	}
	keep("br", func(w io.Writer) io.WriteCloser { return brotli.NewWriterLevel(w, brotli.BestCompression) })
	keep("gzip", func(w io.Writer) io.WriteCloser {
		z, _ := gzip.NewWriterLevel(w, gzip.BestCompression) // fails only for a level that does not exist
		return z
	})
	return forms
}

// Serve answers with the form that the browser takes. cache is how long it may be kept.
func (f *File) Serve(w http.ResponseWriter, r *http.Request, cache string) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", cache)
	h.Set("Vary", "Accept-Encoding")
	// Modules of another origin are always asked for with CORS.
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	body, tag := f.plain, f.tag
	for _, coding := range codings() {
		if form, ok := f.packed()[coding]; ok && takes(r.Header.Get("Accept-Encoding"), coding) {
			body, tag = form, f.tag+"-"+coding
			h.Set("Content-Encoding", coding)
			h.Set("Content-Length", strconv.Itoa(len(form))) // ServeContent leaves it out of a packed answer
			break
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// takes reports whether an Accept-Encoding header names the coding and does
// not refuse it with a weight of 0 (RFC 9110 section 12.5.3).
func takes(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		key, value, _ := strings.Cut(strings.TrimSpace(parameters), "=")
		weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		return !strings.EqualFold(strings.TrimSpace(key), "q") || err != nil || weight > 0
	}
	return false
}

// TypeOf is the Content-Type of a file by its name. It does not ask the system, whose
// table may say anything, and is false for names that no file of the front end has.
func TypeOf(name string) (string, bool) {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8", true
	case ".css":
		return "text/css; charset=utf-8", true
	case ".json", ".map":
		return "application/json; charset=utf-8", true
	case ".svg":
		return "image/svg+xml", true
	case ".png":
		return "image/png", true
	case ".jpg":
		return "image/jpeg", true
	case ".webp":
		return "image/webp", true
	case ".woff2":
		return "font/woff2", true
	case ".mp3":
		return "audio/mpeg", true
	default:
		return "", false
	}
}

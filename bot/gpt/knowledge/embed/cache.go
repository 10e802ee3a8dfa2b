package embed

import (
	"crypto/sha256"
	"sync"
)

// Key is the hash of all that a vector depends on: endpoint, model and text.
type Key [sha256.Size]byte

func keyOf(parts ...string) Key {
	h := sha256.New()
	for _, part := range parts {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0})
	}
	return Key(h.Sum(nil))
}

// Cache keeps vectors. Many can use it at once; nobody changes a vector.
type Cache interface {
	Get(key Key) ([]float32, bool)
	// Put keeps vectors. With an error it keeps them for now, but not for later.
	Put(vectors map[Key][]float32) error
	// Keep drops all others.
	Keep(keys []Key) error
}

// Memory is a cache that lasts as long as the process.
type Memory struct {
	mu      sync.RWMutex
	vectors map[Key][]float32
}

// NewMemory makes an empty one.
func NewMemory() *Memory { return &Memory{vectors: map[Key][]float32{}} }

// Get returns a vector if it is kept.
func (m *Memory) Get(key Key) ([]float32, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	v, ok := m.vectors[key]
	return v, ok
}

// Put keeps vectors; it has no errors.
func (m *Memory) Put(vectors map[Key][]float32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, v := range vectors {
		m.vectors[key] = v
	}
	return nil
}

// Keep drops all others; it has no errors.
func (m *Memory) Keep(keys []Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := make(map[Key][]float32, len(keys))
	for _, key := range keys {
		if v, ok := m.vectors[key]; ok {
			kept[key] = v
		}
	}
	m.vectors = kept
	return nil
}

package embed

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"sync"
)

// File is a cache that outlasts the process. One process at a time may use a file.
//
// It begins with a line that says what it is. Then come records: the key, the count
// of numbers, the numbers as IEEE 754 of 32 bits, and the CRC-32 of all that, in
// little endian. A record is appended, and what a crash left of the last one is cut
// off when the file is opened again.
type File struct {
	path string

	mu     sync.Mutex // of the file
	memory *Memory
	// records counts those in the file, outdated ones included.
	records int
}

const magic = "anteroom vectors 1\n"

var errNotOurs = errors.New("the file is no cache of vectors; name another one, or delete it")

// OpenFile reads a file, or makes one that only its owner can read.
func OpenFile(path string) (*File, error) {
	f := &File{path: path, memory: NewMemory()}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the cache of vectors: %w", err)
	}
	defer func() { _ = file.Close() }()
	good, err := f.read(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("read the cache of vectors %s: %w", path, err)
	}
	if err := file.Truncate(good); err != nil {
		return nil, fmt.Errorf("mend the cache of vectors: %w", err)
	}
	return f, nil
}

// read reads all whole records, and returns where they end; 0 for a new file.
func (f *File) read(r io.Reader) (good int64, err error) {
	first := make([]byte, len(magic))
	switch n, err := io.ReadFull(r, first); {
	case err != nil && magic[:n] == string(first[:n]) && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return 0, nil // new, or torn while it was made
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return 0, err
	case string(first) != magic:
		return 0, errNotOurs
	}
	good = int64(len(magic))
	for {
		key, vector, size, err := readRecord(r)
		if err != nil {
			return good, nil //nolint:nilerr // what is left of a record that was cut off
		}
		f.memory.vectors[key] = vector
		f.records++
		good += size
	}
}

var errTorn = errors.New("no whole record")

func readRecord(r io.Reader) (key Key, vector []float32, size int64, err error) {
	sum := crc32.NewIEEE()
	whole := io.TeeReader(r, sum)
	var count uint32
	if _, err = io.ReadFull(whole, key[:]); err != nil {
		return key, nil, 0, err
	}
	if err = binary.Read(whole, binary.LittleEndian, &count); err != nil {
		return key, nil, 0, err
	}
	if count == 0 || count > maxLength {
		return key, nil, 0, errTorn
	}
	numbers := make([]byte, 4*count)
	if _, err = io.ReadFull(whole, numbers); err != nil {
		return key, nil, 0, err
	}
	computed, written := sum.Sum32(), uint32(0)
	if err = binary.Read(r, binary.LittleEndian, &written); err != nil || written != computed {
		return key, nil, 0, errTorn
	}
	vector = make([]float32, count)
	for i := range vector {
		vector[i] = math.Float32frombits(binary.LittleEndian.Uint32(numbers[4*i:]))
	}
	return key, vector, int64(len(key)) + 4 + int64(len(numbers)) + 4, nil
}

func appendRecord(to []byte, key Key, vector []float32) []byte {
	from := len(to)
	to = append(to, key[:]...)
	to = binary.LittleEndian.AppendUint32(to, uint32(len(vector))) //nolint:gosec // at most maxLength
	for _, x := range vector {
		to = binary.LittleEndian.AppendUint32(to, math.Float32bits(x))
	}
	return binary.LittleEndian.AppendUint32(to, crc32.ChecksumIEEE(to[from:]))
}

// Get returns a vector if it is kept.
func (f *File) Get(key Key) ([]float32, bool) { return f.memory.Get(key) }

// Put keeps vectors and appends them to the file.
func (f *File) Put(vectors map[Key][]float32) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.memory.Put(vectors)
	var records []byte
	for key, v := range vectors {
		records = appendRecord(records, key, v)
	}
	if err := f.append(records); err != nil {
		return fmt.Errorf("write the cache of vectors: %w", err)
	}
	f.records += len(vectors)
	return nil
}

func (f *File) append(records []byte) error {
	file, err := os.OpenFile(f.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	end, err := file.Seek(0, io.SeekEnd)
	if err == nil {
		if end == 0 {
			records = append([]byte(magic), records...)
		}
		if _, err = file.Write(records); err != nil {
			_ = file.Truncate(end) // or what came after half a record would be lost
		}
	}
	return errors.Join(err, file.Close())
}

// Keep drops all others, and writes the file anew once more than half of it is outdated.
func (f *File) Keep(keys []Key) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = f.memory.Keep(keys)
	if f.records <= 2*len(f.memory.vectors) {
		return nil
	}
	all := []byte(magic)
	for key, v := range f.memory.vectors {
		all = appendRecord(all, key, v)
	}
	fresh := f.path + ".new"
	if err := os.WriteFile(fresh, all, 0o600); err != nil {
		return fmt.Errorf("write the cache of vectors: %w", err)
	}
	if err := os.Rename(fresh, f.path); err != nil {
		return fmt.Errorf("write the cache of vectors: %w", err)
	}
	f.records = len(f.memory.vectors)
	return nil
}

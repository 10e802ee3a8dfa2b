//go:build killpoints

package killpoint

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
)

// Profile begins to note what the processor does, if the environment names a folder. When
// ctx ends, and all is still there, it writes what the memory is for; end writes the rest.
func Profile(ctx context.Context) (end func() error, err error) {
	folder := os.Getenv(Profiles)
	if folder == "" {
		return func() error { return nil }, nil
	}
	cpu, err := os.Create(filepath.Join(folder, CPUProfile)) // #nosec G703 -- who starts a build for tests names it
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, errors.Join(err, cpu.Close())
	}
	heap := make(chan error, 1)
	note := func() { heap <- writeHeap(filepath.Join(folder, HeapProfile)) }
	cancel := context.AfterFunc(ctx, note)
	return func() error {
		pprof.StopCPUProfile()
		if cancel() { // nobody asked for the end
			note()
		}
		return errors.Join(<-heap, cpu.Close())
	}, nil
}

func writeHeap(path string) error {
	file, err := os.Create(path) // #nosec G703 -- who starts a build for tests names it
	if err != nil {
		return err
	}
	runtime.GC() // the profile is of the last collection
	return errors.Join(pprof.WriteHeapProfile(file), file.Close())
}

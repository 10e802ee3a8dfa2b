package gateway

import (
	"io"
	"net/netip"
)

// readAll reads what an address sends from r, which yields most bytes or fewer, to its end.
// What it takes of the memory grows with what has come: who announces much and sends little
// takes little. A chat.Error says that too much is on its way. Call Release for what was
// taken when data is done with.
func (m *memory) readAll(address netip.Addr, r io.Reader, most int64) (data []byte, taken int64, err error) {
	data, err = io.ReadAll(io.LimitReader(r, smallBody))
	if err != nil || len(data) < smallBody {
		return data, 0, err
	}
	for {
		step := min(int64(len(data)), most-int64(len(data)))
		if step <= 0 { // its end comes, or the reader's own limit
			more, err := io.ReadAll(r)
			return append(data, more...), taken, err
		}
		if err := m.take(address, step); err != nil {
			return nil, taken, err
		}
		taken += step
		more, err := io.ReadAll(io.LimitReader(r, step))
		data = append(data, more...)
		if err != nil || int64(len(more)) < step {
			return data, taken, err
		}
	}
}

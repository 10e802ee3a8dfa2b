package chain

import "fmt"

// orderKey names the n-th thing that a turn orders from others, such as a request.
func orderKey(input string, n int) string { return fmt.Sprintf("%s:%d", input, n) }

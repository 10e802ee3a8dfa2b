package gpt

import (
	"net/url"
	"strings"
)

// deployment is the one that an address of Azure names, or "".
func deployment(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(u.Path, "/openai/deployments/")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

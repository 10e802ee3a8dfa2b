package config

// AINotice are the words that tell visitors of a language that an AI writes; empty
// for none.
func (s *Site) AINotice(Language) string { return "" }

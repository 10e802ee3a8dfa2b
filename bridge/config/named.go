package config

import "slices"

// Named are the files and folders that the config names beside its own, as absolute paths in
// order: without them it is of no use. Not those that the bridge makes, such as its database.
func (cfg *Config) Named() []string {
	named := []string{cfg.Gateway.Places.Database}
	for _, s := range secretsOf(cfg) {
		named = append(named, s.file)
	}
	for _, site := range cfg.Sites {
		named = append(named, site.Bot.Chains, site.Widget.Avatar)
		for _, file := range site.Bot.SecretFiles {
			named = append(named, file)
		}
		for _, file := range site.Widget.Languages {
			named = append(named, file)
		}
		for _, a := range site.Assistants {
			named = append(named, a.Knowledge)
			for _, file := range a.InstructionFile {
				named = append(named, file)
			}
			for i := range a.Endpoints {
				named = append(named, a.Endpoints[i].APIKeyFile)
			}
			if a.Embeddings != nil {
				named = append(named, a.Embeddings.APIKeyFile)
			}
		}
	}
	for i, path := range named {
		named[i] = cfg.absolute(path)
	}
	slices.Sort(named)
	named = slices.Compact(named)
	return slices.DeleteFunc(named, func(path string) bool { return path == "" })
}

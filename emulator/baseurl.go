package emulator

// SetBaseURL sets the address under which a program serves the emulator with a listener of its own, such as
// "http://127.0.0.1:8630". Addresses in pushes and answers begin with it.
func (s *Server) SetBaseURL(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = base
}

// BaseURL is the address that [Server.SetBaseURL] has set or [Server.URL] has opened, "" if neither.
func (s *Server) BaseURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}

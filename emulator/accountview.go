package emulator

// Secret is the AppSecret in force, see [App.ResetSecret].
func (a *App) Secret() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.secret
}

// Callback returns the settings of the account's pushes with their secrets, and whether there are any.
func (a *App) Callback() (cfg Callback, ok bool) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if a.callback == nil {
		return Callback{}, false
	}
	return *a.callback, true
}

// State describes the account.
func (a *App) State() AppState {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.state(a.s.world.clock.now())
}

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

// FindUser finds the user with this name, nil if there is none.
func (s *Server) FindUser(name string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.world.users[name]
}

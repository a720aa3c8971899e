package emulator

// Secret is the AppSecret in force, see [App.ResetSecret].
func (a *App) Secret() string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.identity.Secret
}

// Callback returns the settings of the account's pushes with their secrets, and whether there are any.
func (a *App) Callback() (cfg Callback, ok bool) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if a.callback() == nil {
		return Callback{}, false
	}
	return *a.callback(), true
}

// State describes the account.
func (a *App) State() AppState {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	return a.state(a.s.world.clock.now())
}

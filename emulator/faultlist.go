package emulator

// AddFault plants a fault as [Server.Fail] does, for a caller who knows it by a number. See
// [Server.Snapshot] for those that are planted.
func (s *Server) AddFault(f Fault) (id int) {
	if f.Delay <= 0 && !f.replaces() {
		s.misuse("Fail: a fault without an effect: set Code, Status, Body, Reset or Delay")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.world.planted++
	s.world.faults = append(s.world.faults, &activeFault{Fault: f, id: s.world.planted})
	return s.world.planted
}

// RemoveFault removes the fault with this number and reports whether there was one.
func (s *Server) RemoveFault(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.world.faults {
		if f.id == id {
			s.world.drop(f)
			return true
		}
	}
	return false
}

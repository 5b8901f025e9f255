package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Between the end of a child and its next start.
const reviveAfter = 200 * time.Millisecond

// supervisor owns the child processes of one cluster.
type supervisor struct {
	dir      string
	revive   bool
	forget   bool
	died     chan error
	stopping chan struct{}
	group    sync.WaitGroup
	mutex    sync.Mutex
	children []*child
}

// child is one process, and those that came after it.
type child struct {
	name    string
	args    []string
	mutex   sync.Mutex
	process *os.Process
}

// start starts a child and watches over it. The program "self" is this one.
func (s *supervisor) start(name string, args ...string) error {
	if args[0] == "self" {
		own, err := os.Executable()
		if err != nil {
			return err
		}
		args[0] = own
	}
	c := &child{name: name, args: args}
	command, err := s.spawn(c)
	if err != nil {
		return err
	}
	s.mutex.Lock()
	s.children = append(s.children, c)
	s.mutex.Unlock()
	s.group.Add(1)
	go s.watch(c, command)
	return nil
}

func (s *supervisor) spawn(c *child) (*exec.Cmd, error) {
	log, err := os.OpenFile(filepath.Join(s.dir, c.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	command := exec.Command(c.args[0], c.args[1:]...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	c.mutex.Lock()
	c.process = command.Process
	c.mutex.Unlock()
	// A reader sees a whole number or none.
	path := filepath.Join(s.dir, c.name+".pid")
	if err := os.WriteFile(path+".new", []byte(strconv.Itoa(command.Process.Pid)), 0o644); err != nil {
		return nil, err
	}
	return command, os.Rename(path+".new", path)
}

func (s *supervisor) watch(c *child, command *exec.Cmd) {
	defer s.group.Done()
	for {
		ended := command.Wait()
		select {
		case <-s.stopping:
			return
		default:
		}
		if !s.revive {
			s.died <- fmt.Errorf("%s ended: %v (see %s)", c.name, ended, filepath.Join(s.dir, c.name+".log"))
			return
		}
		if !s.mayRevive(c) {
			return
		}
		var err error
		if command, err = s.spawn(c); err != nil {
			s.died <- err
			return
		}
	}
}

// mayRevive waits until a child may be started again; false when the cluster stops instead.
func (s *supervisor) mayRevive(c *child) bool {
	down := filepath.Join(s.dir, c.name+".down")
	for {
		select {
		case <-s.stopping:
			return false
		case <-time.After(reviveAfter):
		}
		if _, err := os.Stat(down); os.IsNotExist(err) {
			return true
		}
	}
}

// stop ends every child, the last one first, and whatever they leave behind. Where nothing is kept, there
// is nothing to end well: it does not ask before it kills.
func (s *supervisor) stop() {
	defer sweep(s.dir)
	close(s.stopping)
	ended := make(chan struct{})
	go func() { s.group.Wait(); close(ended) }()
	if !s.forget {
		s.signal(syscall.SIGTERM)
		select {
		case <-ended:
			return
		case <-time.After(10 * time.Second):
		}
	}
	s.signal(syscall.SIGKILL)
	<-ended
}

func (s *supervisor) signal(number syscall.Signal) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for i := len(s.children) - 1; i >= 0; i-- {
		c := s.children[i]
		c.mutex.Lock()
		_ = c.process.Signal(number)
		// One that a test has stopped does not hear anything else.
		_ = c.process.Signal(syscall.SIGCONT)
		c.mutex.Unlock()
	}
}

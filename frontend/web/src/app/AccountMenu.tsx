import Badge from '@mui/material/Badge';
import IconButton from '@mui/material/IconButton';
import ListItemText from '@mui/material/ListItemText';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import Person from '@mui/icons-material/PersonOutlined';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useApi, useSession } from '../api/context';

export function AccountMenu() {
  const api = useApi();
  const session = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  if (session.status !== 'in') return null;
  const { username, role, must_change: firstPassword } = session.user;

  const signOut = async () => {
    setAnchor(null);
    try {
      await api.session.logout();
    } finally {
      queries.clear();
    }
  };

  return (
    <>
      <IconButton
        color="inherit"
        aria-label={firstPassword ? `Account ${username}, first password in use` : `Account ${username}`}
        aria-haspopup="menu"
        onClick={(event) => setAnchor(event.currentTarget)}
      >
        <Badge color="warning" variant="dot" invisible={!firstPassword}>
          <Person fontSize="small" />
        </Badge>
      </IconButton>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        <MenuItem disabled divider>
          <ListItemText primary={username} secondary={role} />
        </MenuItem>
        <MenuItem
          onClick={() => {
            setAnchor(null);
            void navigate('/account/password');
          }}
        >
          {firstPassword ? 'Change the first password' : 'Change password'}
        </MenuItem>
        <MenuItem onClick={() => void signOut()}>Sign out</MenuItem>
      </Menu>
    </>
  );
}
